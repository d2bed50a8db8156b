import { formatCount, formatSeconds, formatSize } from '../format.js';
import type { State } from './download.js';
import { describe, type Failure } from './failure.js';

/** Looks of an item, and what is counted. */
export type Outcome = 'waiting' | 'verified' | 'rejected' | 'failed' | 'cancelled';

export function outcomeOf(state: State): Outcome {
  if (state.kind === 'verified') return 'verified';
  if (state.kind !== 'failed') return 'waiting';
  const { kind } = state.failure;
  if (kind === 'cancelled') return 'cancelled';
  return ['damaged', 'too-long', 'unverifiable'].includes(kind) ? 'rejected' : 'failed';
}

/** In a few words, how it stands. */
export function headlineOf(state: State): string {
  switch (state.kind) {
    case 'waiting':
      return 'Waiting for its turn';
    case 'asked':
      return 'Waiting for the server';
    case 'running':
      return runningText(state);
    case 'verified':
      return `Verified · MD5 ${state.md5}`;
    case 'failed':
      return failedText(state.failure);
  }
}

function runningText({ received, size, perSecond, seconds }: State & { kind: 'running' }): string {
  const parts = [`${formatSize(received)} of ${formatSize(size)}`];
  if (received === size) parts.push('verifying');
  else {
    if (perSecond !== null) parts.push(`${formatSize(Math.round(perSecond))}/s`);
    if (seconds !== null && Number.isFinite(seconds)) parts.push(`${formatSeconds(seconds)} left`);
  }
  return parts.join(' · ');
}

function failedText(failure: Failure): string {
  if (failure.kind === 'too-large') return 'Too large to be verified here – nothing was saved';
  const outcome = outcomeOf({ kind: 'failed', failure });
  const word = { rejected: 'Rejected', cancelled: 'Cancelled' }[outcome as string] ?? 'Failed';
  return `${word} – nothing was saved`;
}

/** The rest of the story, if there is one. */
export function detailOf(state: State): string {
  if (state.kind === 'verified') {
    const place = state.savedAs === null ? 'Given to the browser’s downloads' : `Saved as ${state.savedAs}`;
    return `${formatSize(state.size)} · ${place}`;
  }
  if (state.kind !== 'failed' || state.failure.kind === 'cancelled') return '';
  if (state.failure.kind !== 'too-large') return describe(state.failure);
  return `This browser verifies in memory, up to ${formatSize(state.failure.limit)} at once; this file is larger.`;
}

/** What became of how many: `3 verified`, `1 rejected`, `2 under way`. */
export function countsOf(states: readonly State[]): { outcome: Outcome; text: string }[] {
  const counts = new Map<Outcome, number>();
  for (const state of states) counts.set(outcomeOf(state), (counts.get(outcomeOf(state)) ?? 0) + 1);
  const order: Outcome[] = ['verified', 'rejected', 'failed', 'cancelled', 'waiting'];
  return order
    .filter((outcome) => counts.has(outcome))
    .map((outcome) => {
      const word = outcome === 'waiting' ? 'under way' : outcome;
      return { outcome, text: `${formatCount(counts.get(outcome) ?? 0)} ${word}` };
    });
}
