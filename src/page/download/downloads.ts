/** A file of the listing. */
export interface RemoteFile {
  /** The full name in the storage. */
  name: string;
  /** The path to fetch, encoded. */
  href: string;
  size: number;
  type: string;
  /** Null while it is not hashed. */
  md5: string | null;
}

export interface Downloads {
  add(files: RemoteFile[]): Promise<void>;
}

export function createDownloads(_tray: HTMLElement): Downloads {
  return {
    async add(files) {
      for (const { href } of files) {
        const link = document.createElement('a');
        link.href = href;
        link.download = '';
        link.click();
      }
    },
  };
}

export class VerificationError extends Error {
  constructor(
    readonly expected: string,
    readonly received: string,
  ) {
    super('what arrived is not the file');
  }
}

export async function fetchVerified(
  file: RemoteFile,
  { signal }: { signal?: AbortSignal; onProgress?: (bytes: number) => void },
): Promise<Blob> {
  const response = await fetch(file.href, signal ? { signal } : {});
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.blob();
}
