import type { Sealift } from '../../client/index.js';
import type { LendClient } from '../lend-client.js';
import type { RemoteFolder } from './remote-folder.js';

/** What commands of a shell work on, and change. */
export interface ShellState {
  readonly client: Sealift;
  readonly lend: LendClient;
  /** Results are for a program. */
  readonly json: boolean;
  folder: RemoteFolder;
  /** Nothing more is done. */
  isOver: boolean;
}

export interface ShellCommand {
  /** As it is typed, with what it takes. */
  usage: string;
  /** Other names. */
  aliases?: string[];
  describe: string;
  /** What a word of it stands for, to complete it. */
  takes: 'patterns' | 'names' | 'folders' | 'commands' | 'nothing';
  /** Its long options, without their dashes. */
  options?: () => Promise<string[]>;
  /**
   * @param words what was typed behind its name
   * @returns the exit code
   */
  run(words: string[], shell: ShellState, signal: AbortSignal): Promise<number>;
}

export function namesOf({ usage, aliases = [] }: ShellCommand): string[] {
  return [usage.split(' ')[0] as string, ...aliases];
}
