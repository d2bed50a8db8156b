/** MD5 of bytes that come in pieces. */
export interface Md5 {
  update(bytes: Uint8Array): unknown;
  /** Hex. Once, at the end. */
  digest(): string;
}
