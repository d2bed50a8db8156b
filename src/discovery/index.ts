export { announce } from './announce.js';
export { discover } from './discover.js';
export type { FoundServer } from './found-servers.js';
export { isServiceName } from './service.js';
