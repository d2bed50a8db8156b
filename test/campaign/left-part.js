import { startProxy } from '../fault/proxy.js';
import { bandwidth } from '../fault/toxics.js';
import { killOnce } from './kill-once.js';
import { filesIn } from './sample-bytes.js';

/**
 * Leaves in `dir` the part file of a fetch of `name` that was killed when about `share` of it had come.
 * @param {{ port: number, name: string, dir: string, share: number }} options
 */
export async function leavePart({ port, name, dir, share }) {
  const { url, close } = await startProxy(port, [bandwidth({ rate: 20e6 })]);
  const job = { url, name, dir, force: false, fsync: false, withProgram: false, transfer: 0, events: 0 };
  try {
    for (let tries = 0; tries < 5; tries++) {
      const { moment } = await killOnce(job, { aim: 'progress', share, delay: 0 });
      if (moment === 'within' && filesIn(dir).length === 1) return;
    }
  } finally {
    close();
  }
  throw new Error(`no part file of ${name} is left in ${dir}`);
}
