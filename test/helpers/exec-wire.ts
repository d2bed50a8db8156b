import type { Wire } from './wire.js';

type Json = Record<string, unknown>;

export interface ExecOutcome {
  /** The first frame. */
  reply: Json;
  stdout: Buffer;
  stderr: Buffer;
  /** The last one, if the program ran. */
  end: Json | null;
}

/** Reads the reply to an `exec` to its end. */
export async function outcomeOf(wire: Wire): Promise<ExecOutcome> {
  const reply = await wire.header();
  const outcome: ExecOutcome = { reply, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), end: null };
  if (reply.ok !== true) return outcome;
  const pieces = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  for (;;) {
    const header = await wire.header();
    if (header.stream === undefined) {
      const { stdout, stderr } = pieces;
      return { reply, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), end: header };
    }
    pieces[header.stream as 'stdout' | 'stderr'].push(await wire.bytes(Number(header.length)));
  }
}

/** As texts. */
export async function run(
  wire: Wire,
  request: Json,
): Promise<{ reply: Json; stdout: string; stderr: string; end: Json | null }> {
  wire.send({ op: 'exec', ...request });
  const { stdout, stderr, ...rest } = await outcomeOf(wire);
  return { ...rest, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** What the program writes until there is a line of it. */
export async function firstLine(wire: Wire): Promise<string> {
  let text = '';
  while (!text.includes('\n')) {
    const { length = 0 } = await wire.header();
    text += await wire.bytes(Number(length));
  }
  return text.slice(0, text.indexOf('\n'));
}

export const stdin = (wire: Wire, bytes: Buffer | string): void => {
  const body = Buffer.from(bytes as string);
  wire.send({ stream: 'stdin', length: body.length });
  wire.write(body);
};
