import { part } from './dom.js';

/** Tells who listens to the page, without moving anything. The same text again is told again. */
export function announce(text: string): void {
  const status = part('#status');
  status.textContent = status.textContent === text ? `${text}\u00a0` : text;
}
