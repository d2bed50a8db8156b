import { expect, test } from 'vitest';
import { isLast, queuedRequest, RequestQueue, unreadableRequest } from '#sealift/server/request-queue.js';

test('of a header only the request is held', () => {
  const queued = queuedRequest({ op: 'stat', id: 7, name: 'a', x: [1, 2, 3] }, 40);
  expect(queued).toEqual({
    id: 7,
    op: 'stat',
    name: 'a',
    size: 40,
    content: { request: { op: 'stat', id: 7, name: 'a' } },
  });
});

test.each([
  [{ op: 'get', id: 'x', name: 'a', offset: -1 }, 'PROTOCOL', true],
  [{ op: 'fly', id: 'x', name: 'a' }, 'UNSUPPORTED', false],
])('a request that fails keeps its id, op and name: %o', (header, code, last) => {
  const queued = queuedRequest(header, 40);
  expect(queued).toMatchObject({ id: 'x', op: header.op, name: 'a', content: { error: { code } } });
  expect(isLast(queued)).toBe(last);
});

test('what is read ahead is bounded by number', () => {
  const queue = new RequestQueue(3);
  for (let nth = 0; nth < 3; nth++) {
    expect(queue.isFull).toBe(false);
    queue.push(unreadableRequest(new Error('')));
  }
  expect(queue.isFull).toBe(true);
  queue.drop(1);
  expect(queue.isFull).toBe(false);
});

test('what is read ahead is bounded by size: 256 KiB of headers', () => {
  const queue = new RequestQueue(1_000);
  const large = queuedRequest({ op: 'ping' }, 65_536);
  for (let nth = 0; nth < 4; nth++) {
    expect(queue.isFull).toBe(false);
    queue.push(large);
  }
  expect(queue.isFull).toBe(true);
  expect(queue.peek(3)).toBe(large);
  queue.drop(1);
  expect(queue.peek(3)).toBeUndefined();
  expect(queue.isFull).toBe(false);
  queue.push(large);
  queue.clear();
  expect(queue.isEmpty).toBe(true);
  expect(queue.isFull).toBe(false);
});
