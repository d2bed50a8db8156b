export { AccessControl } from './access-control.js';
export type { Grant } from './grant.js';
export { Session } from './session.js';
export type { ShareLinks } from './share-links.js';
