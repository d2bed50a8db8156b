import { copyFrom } from './copy.js';
import { button, element, icon } from './dom.js';
import { type Entry, type FileEntry, hrefOf, segmentOf } from './entry.js';
import { formatSize } from './format.js';
import { failure, type PreviewContent, previewOf, rejection } from './preview-content.js';

/** Files in a dialog, one at a time. */
export class Preview {
  readonly #dialog = element('dialog', { class: 'preview', 'aria-labelledby': 'preview-name' });
  #files: FileEntry[] = [];
  #at = 0;
  #request = new AbortController();
  #urls: string[] = [];

  /** @param onClose with the file that was shown last */
  constructor(
    private readonly download: (file: FileEntry) => void,
    private readonly onClose: (file: FileEntry) => void,
  ) {
    document.body.append(this.#dialog);
    this.#dialog.addEventListener('close', () => this.#onClosed());
    this.#dialog.addEventListener('keydown', (event) => this.#onKey(event));
    // Beside it, not in it.
    this.#dialog.addEventListener('click', ({ target }) => target === this.#dialog && this.#dialog.close());
  }

  /** @param shown what the arrow keys go through */
  open(file: FileEntry, shown: readonly Entry[]): void {
    this.#files = shown.filter((entry): entry is FileEntry => entry.kind === 'file' && !entry.rotten);
    this.#at = Math.max(0, this.#files.indexOf(file));
    this.#show();
    this.#dialog.showModal();
  }

  #show(): void {
    const file = this.#files[this.#at];
    if (!file) return this.#dialog.close();
    this.#release();
    const { signal } = (this.#request = new AbortController());
    const content = element(
      'div',
      { class: 'content', 'aria-busy': 'true' },
      element('p', { class: 'none' }, 'Loading…'),
    );
    const seal = element('p', { class: 'seal', role: 'status' });
    this.#dialog.replaceChildren(this.#header(file), content, this.#footer(file, seal));
    const done = (body: HTMLElement) => {
      if (signal.aborted) return;
      content.replaceChildren(body);
      content.ariaBusy = 'false';
    };
    previewOf(file, { signal, keep: (url) => this.#keep(url, signal) }).then(
      (made) => {
        done(made.body);
        if (!signal.aborted) fillSeal(seal, made);
      },
      (error: unknown) =>
        done(isRejection(error) ? rejection(error.expected, error.received) : failure(() => this.#show())),
    );
  }

  #header(file: FileEntry): HTMLElement {
    const name = element('h2', { id: 'preview-name' }, element('bdi', {}, segmentOf(file.name)));
    const close = button(
      { class: 'round', 'aria-label': 'Close', title: 'Close (Escape)' },
      () => this.#dialog.close(),
      icon('close'),
    );
    const count = element('p', { class: 'count' }, `${this.#at + 1} of ${this.#files.length}`);
    return element(
      'header',
      {},
      element('div', {}, name, count),
      this.#step(-1, 'Previous', 'back'),
      this.#step(1, 'Next', 'forward'),
      close,
    );
  }

  #footer(file: FileEntry, seal: HTMLElement): HTMLElement {
    const { md5 } = file;
    const facts = element('p', { class: 'facts' }, formatSize(file.size));
    if (md5 !== null) {
      const digest = button(
        { class: 'digest', title: 'Copy the MD5' },
        () => void copyFrom(digest, md5),
        element('code', {}, md5),
      );
      facts.append(digest);
    }
    const plain = element(
      'a',
      { href: hrefOf(file), class: 'quiet', target: '_blank', rel: 'noopener' },
      'Plain link',
    );
    const get = button(
      { class: 'primary' },
      () => {
        this.download(file);
        // What becomes of it shows on the page, behind the dialog.
        this.#dialog.close();
      },
      icon('download'),
      'Download verified',
    );
    return element('footer', {}, element('div', {}, seal, facts), plain, get);
  }

  #step(by: number, label: string, drawing: string): HTMLElement {
    const step = button(
      { class: 'round', 'aria-label': label, title: `${label} (arrow key)` },
      () => this.#go(by, label),
      icon(drawing),
    );
    step.disabled = this.#files[this.#at + by] === undefined;
    return step;
  }

  #go(by: number, label: string): void {
    if (this.#files[this.#at + by] === undefined) return;
    this.#at += by;
    this.#show();
    const again = this.#dialog.querySelector<HTMLButtonElement>(`[aria-label="${label}"]:not(:disabled)`);
    (again ?? this.#dialog.querySelector<HTMLElement>('[aria-label="Close"]'))?.focus();
  }

  #onKey(event: KeyboardEvent): void {
    // Those seek in what is played, and scroll what is read from side to side.
    if ((event.target as HTMLElement).matches('audio, video, pre')) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === 'ArrowLeft') this.#go(-1, 'Previous');
    else if (event.key === 'ArrowRight') this.#go(1, 'Next');
  }

  #onClosed(): void {
    const file = this.#files[this.#at];
    this.#release();
    this.#dialog.replaceChildren();
    if (file) this.onClose(file);
  }

  #keep(url: string, signal: AbortSignal): void {
    if (signal.aborted) URL.revokeObjectURL(url);
    else this.#urls.push(url);
  }

  #release(): void {
    this.#request.abort();
    for (const url of this.#urls.splice(0)) URL.revokeObjectURL(url);
  }
}

function fillSeal(seal: HTMLElement, { isVerified, note }: PreviewContent): void {
  if (isVerified) seal.append(element('strong', { class: 'verified' }, icon('verified'), 'Verified'));
  if (note !== '') seal.append(element('span', {}, note));
}

function isRejection(error: unknown): error is { expected: string; received: string } {
  return error instanceof Error && 'expected' in error && 'received' in error;
}
