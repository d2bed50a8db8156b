import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { fateOf, OWNER } from '#sealift/client/part-owner.js';

const HAS_PROC = existsSync('/proc/self/stat');
const MODULE = new URL('../../dist/client/part-owner.js', import.meta.url);
const PRINT_OWNER = `import(${JSON.stringify(MODULE)}).then(({ OWNER }) => console.log(JSON.stringify(OWNER)))`;

/** A process that has told its owner and lives until its stdin ends. */
async function liveProcess() {
  const script = `${PRINT_OWNER}; process.stdin.resume()`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return { child, owner: JSON.parse(line) as typeof OWNER };
}

test('this process is alive, and says who it is', () => {
  expect(OWNER.pid).toBe(process.pid);
  expect(OWNER.place).toMatch(/^[0-9a-f]{8}$/);
  expect(OWNER.birth).toMatch(/^[0-9a-f]{8}$/);
  expect(fateOf(OWNER, 0)).toBe('alive');
});

test('another process is alive until it ends, whenever it wrote last', async () => {
  const { child, owner } = await liveProcess();
  expect(owner.place).toBe(OWNER.place);
  expect(fateOf(owner, 0)).toBe('alive');
  child.stdin.end();
  await once(child, 'exit');
  expect(fateOf(owner, Date.now())).toBe('dead');
});

test.runIf(HAS_PROC)('a process of the same number that began at another time is not the one', () => {
  expect(fateOf({ ...OWNER, birth: OWNER.birth === 'ffffffff' ? '0fffffff' : 'ffffffff' }, Date.now())).toBe(
    'dead',
  );
});

test.runIf(HAS_PROC)('a process that has ended and is waited for by nobody is dead', async () => {
  // Its parent goes on with something else and never asks how it ended.
  const script = `"${process.execPath}" -e '${PRINT_OWNER}' & exec sleep 600`;
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void shell.kill('SIGKILL'));
  const [line] = await once(createInterface({ input: shell.stdout }), 'line');
  const owner = JSON.parse(line) as typeof OWNER;
  let state = '';
  while (state !== 'Z') {
    state = /\) (.)/.exec(readFileSync(`/proc/${owner.pid}/stat`, 'latin1'))?.[1] ?? '';
    await new Promise((done) => setTimeout(done, 10));
  }
  expect(() => process.kill(owner.pid, 0)).not.toThrow();
  expect(fateOf(owner, Date.now())).toBe('dead');
});

test('of another place nothing is known: alive for an hour after its last write', () => {
  const elsewhere = { ...OWNER, place: OWNER.place === 'ffffffff' ? '0fffffff' : 'ffffffff' };
  const gone = { ...elsewhere, pid: spawnSync('true').pid };
  for (const owner of [elsewhere, gone]) {
    expect(fateOf(owner, Date.now() - 59 * 60_000)).toBe('alive');
    expect(fateOf(owner, Date.now() - 61 * 60_000)).toBe('elsewhere');
  }
});

test('before the machine was started anew, or in another container: elsewhere, and no need to wait', () => {
  const era = OWNER.era === 'ffffffff' ? '0fffffff' : 'ffffffff';
  expect(fateOf({ ...OWNER, era }, Date.now())).toBe('elsewhere');
});
