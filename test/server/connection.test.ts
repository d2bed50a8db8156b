import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Connection } from '#sealift/server/connection.js';
import { DEFAULT_LIMITS } from '#sealift/server/server-limits.js';
import type { Store } from '#sealift/store/index.js';
import { openTo } from '../helpers/open-access.js';
import { frame } from '../helpers/wire.js';

/** The socket of a client that takes nothing until it is told to. */
class StalledSocket extends Duplex {
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #isOpen = false;

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: unknown, done: () => void): void {
    this.#taken += bytes.length;
    if (this.#isOpen) done();
    else this.#waiting.push(done);
  }

  setNoDelay(): this {
    return this;
  }

  /** Takes all from now on; returns how many bytes that were. */
  async takeAll(): Promise<number> {
    this.#isOpen = true;
    for (const done of this.#waiting.splice(0)) done();
    for (let before = -1; before < this.#taken; await nextTurn()) before = this.#taken;
    return this.#taken;
  }
}

test('what is not read ahead waits in the socket, and is answered when the client takes its replies', async () => {
  const socket = new StalledSocket();
  onTestFinished(() => void socket.destroy());
  const store = {} as Store;
  new Connection(socket as unknown as Socket, {
    access: openTo(store),
    limits: DEFAULT_LIMITS,
    onRequest: () => {},
  });
  const payload = 'x'.repeat(500);
  const some = Buffer.concat(Array.from({ length: 100 }, () => frame({ op: 'ping', payload })));
  let pieces = 0;
  for (; !socket.isPaused() && pieces < 20; pieces++) {
    socket.push(some);
    await nextTurn();
  }
  // Some are answered before the socket is full, and 256 wait.
  expect(pieces).toBeGreaterThan(2);
  expect(pieces).toBeLessThan(6);
  expect(await socket.takeAll()).toBe(pieces * 100 * frame({ ok: true, payload }).length);
  expect(socket.isPaused()).toBe(false);
});
