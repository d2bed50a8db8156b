import { dirname } from 'node:path';

/**
 * Fetches a file among all that are in its folder; rejects if any fails.
 * @param {import('#sealift/client/index.js').Sealift} client
 * @param {string} name
 * @param {{ dir: string, force: boolean, fsync: boolean }} options
 * @param {() => void} [onDone] success is reported for it
 * @returns {Promise<string[]>} the names of all
 */
export async function fetchBeside(client, name, options, onDone) {
  const wanted = [];
  for await (const entry of client.list(`${dirname(name)}/*`)) wanted.push({ name: entry.name, entry });
  /** @type {unknown[]} */
  const errors = [];
  await client.fetchMany(wanted, {
    ...options,
    onDone: ({ name: done }) => done === name && onDone?.(),
    onFailed: (error) => errors.push(error),
  });
  if (errors.length > 0) throw errors[0];
  return wanted.map((each) => each.name);
}
