import { accessGuards } from './access.js';
import { clientGuards } from './client.js';
import { commandGuards } from './commands.js';
import { discoveryGuards } from './discovery.js';
import { execGuards } from './exec.js';
import { gatewayGuards } from './gateway.js';
import { manyGuards } from './many.js';
import { pageGuards } from './page.js';
import { protocolGuards } from './protocol.js';
import { resumeGuards } from './resume.js';
import { serverGuards } from './server.js';
import { shareGuards } from './share.js';
import { shellGuards } from './shell.js';
import { storeGuards } from './store.js';
import { tlsGuards } from './tls.js';

/** @type {import('./guard.js').Guard[]} */
export const guards = [
  ...protocolGuards,
  ...storeGuards,
  ...serverGuards,
  ...execGuards,
  ...clientGuards,
  ...resumeGuards,
  ...manyGuards,
  ...commandGuards,
  ...discoveryGuards,
  ...shellGuards,
  ...gatewayGuards,
  ...pageGuards,
  ...accessGuards,
  ...shareGuards,
  ...tlsGuards,
];
