import { SealiftError } from '../../errors/index.js';
import type { Handler } from './handler.js';

export const manifest: Handler<'manifest'> = async () => {
  throw new SealiftError('UNSUPPORTED', 'op "manifest" is not offered');
};
