import { button, element, icon } from './dom.js';
import { fetchVerified, type RemoteFile } from './download/downloads.js';
import { type FileEntry, hrefOf } from './entry.js';
import { formatSize } from './format.js';
import { kindOf } from './kinds.js';

/** So much is fetched whole, to be verified before it is shown. */
const WHOLE_MAX = 64 * 1024 * 1024;
const TEXT_MAX = 256 * 1024;

export interface PreviewContent {
  body: HTMLElement;
  /** All of it was hashed before it was shown. */
  isVerified: boolean;
  /** More to know. */
  note: string;
}

export function remoteFile(file: FileEntry): RemoteFile {
  const { name, size, type, md5 } = file;
  return { name, href: hrefOf(file), size, type, md5 };
}

/**
 * Makes what is to be seen of a file.
 * @param keep is given addresses in memory, to be let go of with the preview
 */
export async function previewOf(
  file: FileEntry,
  { signal, keep }: { signal: AbortSignal; keep: (url: string) => void },
): Promise<PreviewContent> {
  const kind = kindOf(file);
  if (kind === 'audio' || kind === 'video') return streamed(file, kind);
  if (kind === 'text' && file.size > WHOLE_MAX) return textStart(file, signal);
  const isShown = kind === 'picture' || kind === 'text' || (kind === 'pdf' && navigator.pdfViewerEnabled);
  if (!isShown) return nothing('There is no preview of this kind of file.');
  if (file.size > WHOLE_MAX)
    return nothing(`Files of more than ${formatSize(WHOLE_MAX)} are not shown here.`);
  const blob = await fetchVerified(remoteFile(file), { signal });
  const isVerified = file.md5 !== null;
  if (kind === 'text') return { ...(await textOf(blob)), isVerified };
  const url = URL.createObjectURL(new Blob([blob], { type: file.type }));
  if (kind === 'pdf') {
    keep(url);
    const body = element('iframe', { src: url, title: 'The document' });
    return { body, isVerified, note: '' };
  }
  const picture = await pictureOf(url);
  // Only now: what is let go of while it is read is an error to the browser.
  keep(url);
  return { ...picture, isVerified };
}

async function pictureOf(url: string): Promise<Omit<PreviewContent, 'isVerified'>> {
  const body = element('img', { src: url, alt: '' });
  try {
    await body.decode();
  } catch {
    return nothing('The browser cannot show this picture.');
  }
  return { body, note: `${body.naturalWidth} × ${body.naturalHeight}` };
}

async function textOf(blob: Blob): Promise<Omit<PreviewContent, 'isVerified'>> {
  const text = await blob.slice(0, TEXT_MAX).text();
  return textBody(text, blob.size);
}

async function textStart(file: FileEntry, signal: AbortSignal): Promise<PreviewContent> {
  const response = await fetch(hrefOf(file), { headers: { Range: `bytes=0-${TEXT_MAX - 1}` }, signal });
  if (response.status !== 206) throw new Error(`the server answered ${response.status}`);
  return { ...textBody(await response.text(), file.size), isVerified: false };
}

function textBody(text: string, size: number): Omit<PreviewContent, 'isVerified'> {
  if (size === 0) return nothing('This file is empty.');
  const body = element('pre', { tabindex: '0', 'aria-label': 'Text' }, text);
  return { body, note: size > TEXT_MAX ? `The first ${formatSize(TEXT_MAX)} of ${formatSize(size)}` : '' };
}

function streamed(file: FileEntry, kind: 'audio' | 'video'): PreviewContent {
  const body = element(kind, { src: hrefOf(file), controls: '', preload: 'metadata' });
  const wrap = element('div', { class: `media ${kind}` }, ...(kind === 'audio' ? [icon('audio')] : []), body);
  body.addEventListener('error', () => {
    wrap.replaceChildren(nothing('The browser cannot play this file.').body);
  });
  return { body: wrap, isVerified: false, note: 'Played as it comes, not verified' };
}

function nothing(text: string): PreviewContent {
  return { body: element('p', { class: 'none' }, text), isVerified: false, note: '' };
}

/** The bytes that came are not the file. */
export function rejection(expected: string, received: string): HTMLElement {
  return element(
    'div',
    { class: 'rejected', role: 'alert' },
    icon('damaged'),
    element('p', {}, element('strong', {}, 'Rejected. '), 'What arrived is not this file, and is not shown.'),
    element('dl', {}, term('Announced'), digest(expected), term('Arrived'), digest(received)),
  );
}

export function failure(retry: () => void): HTMLElement {
  return element(
    'div',
    { class: 'none', role: 'alert' },
    element('p', {}, 'It could not be fetched.'),
    button({ class: 'quiet' }, retry, 'Try again'),
  );
}

function term(text: string): HTMLElement {
  return element('dt', {}, text);
}

function digest(text: string): HTMLElement {
  return element('dd', {}, element('code', {}, text));
}
