// A thread that serves a folder, as it is and through slow proxies, so that whoever kills is not kept from it.
import { parentPort, workerData } from 'node:worker_threads';
import { serve } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import { bandwidth } from '../fault/toxics.js';
import { linkTo, newCertificate } from './over-tls.js';

/** @type {{ storage: string, rates: number[], tls: boolean }} */
const { storage, rates, tls } = workerData;
const certificate = tls ? newCertificate() : null;
const server = await serve(storage, { port: 0, ...(certificate ? { tls: certificate } : {}) });
/** @type {(() => void)[]} */
const closers = [];
const proxies = [];
for (const rate of rates) {
  const { url, close } = await startProxy(server.port, [bandwidth({ rate })]);
  closers.push(close);
  proxies.push({ rate, url: linkTo(url, certificate) });
}
parentPort?.postMessage({ url: server.url, proxies });
// Told to end, it ends by itself: a thread that is ended from outside with requests under way may never do so.
parentPort?.once('message', async () => {
  for (const close of closers) close();
  await server.close();
});
