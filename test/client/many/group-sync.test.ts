import { expect, test } from 'vitest';
import { GroupSync } from '#sealift/client/many/group-sync.js';

/** Syncs that end when they are told to. */
function controlled() {
  const running: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const group = new GroupSync(() => new Promise((resolve, reject) => running.push({ resolve, reject })));
  return { group, running };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('whoever asks while one runs waits for one that began afterwards, and shares it', async () => {
  const { group, running } = controlled();
  const done: string[] = [];
  const ask = (name: string) => group.sync().then(() => done.push(name));
  const all = [ask('first')];
  all.push(ask('second'), ask('third'));
  expect(running).toHaveLength(1);
  running[0]?.resolve();
  await settled();
  expect(done).toEqual(['first']);
  expect(running).toHaveLength(2);
  all.push(ask('fourth'));
  running[1]?.resolve();
  await settled();
  expect(done).toEqual(['first', 'second', 'third']);
  running[2]?.resolve();
  await Promise.all(all);
  expect(done).toEqual(['first', 'second', 'third', 'fourth']);
  expect(running).toHaveLength(3);
});

test('one that fails fails those who waited for it, and not the next', async () => {
  const { group, running } = controlled();
  const first = group.sync();
  const second = group.sync();
  running[0]?.reject(new Error('EIO'));
  await expect(first).rejects.toThrow('EIO');
  await settled();
  running[1]?.resolve();
  await second;
});
