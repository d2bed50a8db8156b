import { SealiftError } from '../../errors/index.js';
import { encodeFrame, parseRequest } from '../../protocol/index.js';
import type { ExecCommand } from './exec-options.js';

/**
 * The request to run a command.
 * @throws SealiftError USAGE for one that no server takes: too long, or with characters that no argument can have
 */
export function commandRequest(command: ExecCommand): object {
  const asked = 'shell' in command ? { shell: command.shell } : { argv: [...command] };
  const request = { op: 'exec', ...asked };
  try {
    parseRequest(request);
    encodeFrame(request);
  } catch (cause) {
    throw new SealiftError('USAGE', `this command cannot be sent: ${(cause as Error).message}`, { cause });
  }
  return request;
}
