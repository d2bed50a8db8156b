import { exitCodeOf } from '../../errors/index.js';
import { complete } from './completion.js';
import { History } from './history.js';
import type { Interrupts } from './interrupts.js';
import { Prompt } from './prompt.js';
import type { Session } from './session.js';

/** Asks for one line after the other in a terminal, until somebody leaves; returns the exit code. */
export async function runDialogue(session: Session, interrupts: Interrupts): Promise<number> {
  const history = new History();
  const prompt = new Prompt({
    history: history.load(),
    complete: (line) => complete(line, session),
    signal: interrupts.ending,
  });
  try {
    while (!session.isOver) {
      const line = await prompt.next(session.place);
      if (line === null) break;
      history.add(line);
      await interrupts.during((signal) => session.execute(line, signal));
    }
  } finally {
    prompt.close();
  }
  return interrupts.ending.aborted ? exitCodeOf('ABORTED') : 0;
}
