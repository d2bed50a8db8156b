import type { Entry, FileEntry } from './entry.js';

/** What a file is to somebody who looks for it. */
export type Kind = 'folder' | 'picture' | 'text' | 'pdf' | 'audio' | 'video' | 'archive' | 'file';

const LABELS: Record<Kind, string> = {
  folder: 'Folder',
  picture: 'Picture',
  text: 'Text',
  pdf: 'PDF',
  audio: 'Audio',
  video: 'Video',
  archive: 'Archive',
  file: 'File',
};
/** That a browser draws without running anything: SVG is none of them, it is text. */
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon)$/;
const TEXT =
  /^text\/|^image\/svg\+xml$|^application\/(?:json|ld\+json|xml|.*\+xml|.*\+json|javascript|x-sh|x-httpd-php|sql|toml|yaml|x-yaml|x-tex|x-subrip|rtf)$/;
const ARCHIVE =
  /^application\/(?:zip|gzip|x-tar|x-7z-compressed|x-bzip2?|x-xz|zstd|vnd\.rar|x-rar-compressed|java-archive|x-iso9660-image|vnd\.debian\.binary-package|x-apple-diskimage)$/;

/** Larger ones are hardly written by people. */
const SOURCE_MAX = 1 << 20;

export function kindOf(entry: Entry): Kind {
  if (entry.kind === 'folder') return 'folder';
  const type = entry.type.split(';', 1)[0] as string;
  if (PICTURE.test(type)) return 'picture';
  if (TEXT.test(type) || isTypeScript(entry, type)) return 'text';
  if (type === 'application/pdf') return 'pdf';
  if (type.startsWith('audio/')) return 'audio';
  if (type.startsWith('video/')) return 'video';
  return ARCHIVE.test(type) ? 'archive' : 'file';
}

/** Most files called `.ts` are none of the video that this type stands for, which browsers do not play either. */
function isTypeScript({ name, size }: FileEntry, type: string): boolean {
  return type === 'video/mp2t' && /\.[cm]?ts$/i.test(name) && size <= SOURCE_MAX;
}

export function labelOf(entry: Entry): string {
  return LABELS[kindOf(entry)];
}
