// node long-path-proxy.js PORT RATE DELAY: a TCP proxy in front of PORT whose every connection carries RATE bytes a
// second to the client, DELAY milliseconds late. Prints its own port. A process of its own, so that it takes no time
// from who measures.
import { startProxy } from '../../test/fault/proxy.js';
import { bandwidth, latency } from '../../test/fault/toxics.js';

const [port = 0, rate = 0, delay = 0] = process.argv.slice(2).map(Number);
const proxy = await startProxy(port, [
  bandwidth({ rate, direction: 'downstream' }),
  latency({ delay, direction: 'downstream' }),
]);
console.log(proxy.port);
