// Toxiproxy's names where it has one.
export { flipBits, zero } from './toxics/damage.js';
export { limitData, resetPeer, timeout } from './toxics/ends.js';
export { bandwidth, latency, slicer, slowClose } from './toxics/pace.js';
export { drop, duplicate, reorder } from './toxics/segments.js';
export { first, only } from './toxics/toxic.js';
