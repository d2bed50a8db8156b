/** A file of the listing. */
export interface RemoteFile {
  /** Full name in the storage. */
  name: string;
  /** Path to fetch, encoded. */
  href: string;
  size: number;
  type: string;
  /** Null while not hashed. */
  md5: string | null;
}
