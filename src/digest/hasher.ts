/** A hash being computed: bytes in, lower-case hex out, once. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  hex(): string;
}
