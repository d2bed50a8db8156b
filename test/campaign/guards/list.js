import { clientGuards } from './client.js';
import { commandGuards } from './commands.js';
import { gatewayGuards } from './gateway.js';
import { manyGuards } from './many.js';
import { pageGuards } from './page.js';
import { protocolGuards } from './protocol.js';
import { resumeGuards } from './resume.js';
import { serverGuards } from './server.js';
import { storeGuards } from './store.js';
import { tlsGuards } from './tls.js';

/** @type {import('./guard.js').Guard[]} */
export const guards = [
  ...protocolGuards,
  ...storeGuards,
  ...serverGuards,
  ...clientGuards,
  ...resumeGuards,
  ...manyGuards,
  ...commandGuards,
  ...gatewayGuards,
  ...pageGuards,
  ...tlsGuards,
];
