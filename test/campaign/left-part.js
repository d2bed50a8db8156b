import { startProxy } from '../fault/proxy.js';
import { bandwidth } from '../fault/toxics.js';
import { killOnce } from './kill-once.js';
import { filesIn } from './sample-bytes.js';

/**
 * Leaves in `dir` the part file of a fetch of `name` that was killed when about `share` of it had come.
 * @param {{ port: number, name: string, dir: string, share: number }} options
 */
export async function leavePart({ port, name, dir, share }) {
  const flags = { force: false, fsync: false, withProgram: false, transfer: 0, events: 0 };
  // Slower each time: on a busy machine the kill comes late.
  for (const rate of [20e6, 8e6, 4e6, 2e6, 1e6]) {
    const { url, close } = await startProxy(port, [bandwidth({ rate })]);
    try {
      const { moment } = await killOnce({ url, name, dir, ...flags }, { aim: 'progress', share, delay: 0 });
      if (moment === 'within' && filesIn(dir).length === 1) return;
    } finally {
      close();
    }
  }
  throw new Error(`no part file of ${name} is left in ${dir}`);
}
