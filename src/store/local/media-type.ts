import mime from 'mime-types';

/** MIME type by the name's extension. */
export function mediaTypeOf(name: string): string {
  return mime.lookup(name) || 'application/octet-stream';
}
