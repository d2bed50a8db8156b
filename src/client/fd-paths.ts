import { existsSync } from 'node:fs';

// Node has no openat(2). On Linux a path through an open descriptor comes to the same: a folder that is renamed, or replaced
// by a link, after it was opened leads nowhere else.
export const HAS_FD_PATHS = process.platform === 'linux' && existsSync('/proc/self/fd');
