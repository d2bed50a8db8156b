import { chooseDestinations, MEMORY_LIMIT } from './destinations.js';
import { Download } from './download.js';
import { Queue } from './queue.js';
import type { RemoteFile } from './remote-file.js';
import { Tray } from './tray.js';

export { fetchVerified, VerificationError } from './fetch-verified.js';
export type { RemoteFile } from './remote-file.js';

/** So many at once: more would only share the way. */
const AT_ONCE = 2;

export interface Downloads {
  /** Begins (in answer to a click: pickers need it) or queues verified downloads. */
  add(files: RemoteFile[]): Promise<void>;
}

/** Fills `tray` (an empty `<section id="downloads" aria-label="Downloads">`) when there is something to show. */
export function createDownloads(section: HTMLElement): Downloads {
  const tray = new Tray(section);
  const queue = new Queue(AT_ONCE, MEMORY_LIMIT);
  const underWay = new Set<Download>();
  addStyles();
  return {
    async add(files) {
      // Rule: nothing is waited for before this, or the click does not count any more.
      const destinations = await chooseDestinations(files);
      if (destinations === null) return;
      const downloads = files.map((file, at) => {
        const download: Download = new Download(
          file,
          destinations[at] ?? { kind: 'memory', limit: MEMORY_LIMIT },
          queue,
          () => {
            watch(download, underWay);
            tray.update(download);
          },
        );
        return download;
      });
      tray.add(downloads);
      for (const download of downloads) download.start();
    },
  };
}

/** While something is under way the browser asks before it leaves the page. */
function watch(download: Download, underWay: Set<Download>): void {
  if (download.isUnderWay) underWay.add(download);
  else underWay.delete(download);
  if (underWay.size > 0) addEventListener('beforeunload', askFirst);
  else removeEventListener('beforeunload', askFirst);
}

function askFirst(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function addStyles(): void {
  const { href } = new URL('./download.css', import.meta.url);
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  document.head.append(link);
}
