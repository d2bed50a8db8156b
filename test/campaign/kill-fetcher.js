// Fetches one file in a process of its own that starts faster than the program, and tells the same events.
import { writeSync } from 'node:fs';
import { connect } from '#sealift/client/index.js';

const [url = '', name = '', dir = '', force = '', fsync = ''] = process.argv.slice(2);
const tell = (/** @type {object} */ event) => writeSync(1, `${JSON.stringify(event)}\n`);

tell({ event: 'ready' });
const client = await connect(url);
const file = await client.fetch(name, {
  dir,
  force: force === 'force',
  fsync: fsync === 'fsync',
  onStart: ({ size }) => tell({ event: 'start', size }),
  onProgress: ({ bytes, size }) => tell({ event: 'progress', bytes, size }),
});
tell({ event: file.status, resumedFrom: file.resumedFrom });
client.close();
