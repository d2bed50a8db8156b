import { constants } from 'node:fs';

/** O_NONBLOCK: opening a FIFO must not wait for a writer, and takes one of the few threads that do all file work. */
export const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
