import type { SealiftError } from '../../errors/index.js';

/** Whether a command may have run already. */
export class ExecAttempt {
  #mayHaveRun = false;

  sent(): void {
    this.#mayHaveRun = true;
  }

  /** The server said that it did not run it. */
  refused(): void {
    this.#mayHaveRun = false;
  }

  /** Rule: what may have run is never run again. A server that was never reached is not there. */
  readonly mayRetry = ({ code }: SealiftError): boolean => code === 'BUSY' && !this.#mayHaveRun;
}
