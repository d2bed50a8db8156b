import { SealiftError } from '../../errors/index.js';
import type { RequestOf } from '../../protocol/index.js';
import { findProgram } from './find-program.js';

export type Command = Pick<RequestOf<'exec'>, 'argv' | 'shell'>;

/** What is to be run. */
export interface Program {
  /** Path of the file; with a slash in it, so that it is looked for nowhere. */
  file: string;
  /** As the program sees it, its own name first. */
  argv: string[];
}

const SHELL = '/bin/sh';

/** Says which program a command means, if it may be run. */
export class AllowList {
  private constructor(
    /** By name; null if any may be run. */
    private readonly programs: ReadonlyMap<string, string> | null,
    /** In which programs are looked for; absolute ones. */
    readonly folders: readonly string[],
  ) {}

  /**
   * Finds the programs once and for all: what is put into a folder later does not take their place.
   * @param names without slashes
   * @param folders absolute ones
   * @throws SealiftError USAGE for a program that is not there
   */
  static async of(names: readonly string[] | 'any', folders: readonly string[]): Promise<AllowList> {
    if (names === 'any') return new AllowList(null, folders);
    const programs = new Map<string, string>();
    for (const name of names) {
      const isBare = name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
      const file = isBare ? await findProgram(name, folders) : null;
      if (file === null) {
        const says = isBare
          ? 'no such program in the absolute folders of PATH outside the storage'
          : 'not the name of a program';
        throw new SealiftError('USAGE', `exec: "${name}": ${says}; name programs as in df,ls,md5sum, or any`);
      }
      programs.set(name, file);
    }
    return new AllowList(programs, folders);
  }

  /**
   * @throws SealiftError FORBIDDEN for what is not on the list, NOT_FOUND where any program may be run and there is none
   */
  async find({ argv, shell }: Command): Promise<Program> {
    if (shell !== undefined) {
      if (this.programs !== null) throw new SealiftError('FORBIDDEN', 'this server runs no shell');
      return { file: SHELL, argv: ['sh', '-c', shell] };
    }
    const [name = ''] = argv ?? [];
    const file = await this.#fileOf(name);
    return { file, argv: argv ?? [] };
  }

  async #fileOf(name: string): Promise<string> {
    if (this.programs !== null) {
      // Rule: the very name; what leads to the same file by another one is not on the list.
      const file = this.programs.get(name);
      if (file === undefined) throw new SealiftError('FORBIDDEN', `${name}: this server does not run it`);
      return file;
    }
    if (name.includes('/')) return name;
    const file = await findProgram(name, this.folders);
    if (file === null) throw new SealiftError('NOT_FOUND', `${name}: no such program`);
    return file;
  }
}
