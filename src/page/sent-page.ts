import type { Entry } from './entry.js';

/** What the server wrote into the page. */
export interface SentPage {
  folder: string;
  /** What the rows begin behind; null: at the start. */
  after: string | null;
  /** What to ask for as `after` to go on, or null. */
  next: string | null;
  /** The rows are results of this search; null: they are the folder. */
  searched: string | null;
  entries: Entry[];
}

export function readSentPage(): SentPage {
  const { folder = '', after, next, searched } = document.body.dataset;
  const rows = document.querySelectorAll<HTMLElement>('#files tbody tr');
  return {
    folder,
    after: after ?? null,
    next: next ?? null,
    searched: searched ?? null,
    entries: [...rows].map(({ dataset }) => JSON.parse(dataset.entry as string) as Entry),
  };
}
