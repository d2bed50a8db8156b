// A thread that serves a folder, as it is and through slow proxies, so that whoever kills is not kept from it.
import { parentPort, workerData } from 'node:worker_threads';
import { serve } from '#sealift/index.js';
import { startProxy } from '../fault/proxy.js';
import { bandwidth } from '../fault/toxics.js';

/** @type {{ storage: string, rates: number[] }} */
const { storage, rates } = workerData;
const server = await serve(storage, { port: 0 });
const proxies = [];
for (const rate of rates) {
  const { url } = await startProxy(server.port, [bandwidth({ rate })]);
  proxies.push({ rate, url });
}
parentPort?.postMessage({ url: server.url, proxies });
