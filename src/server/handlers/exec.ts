import { SealiftError } from '../../errors/index.js';
import type { Handler } from './handler.js';

export const exec: Handler<'exec'> = async (request, context) => {
  const { executor, grant, writer, input, signal, unlessShared: doubt, limits, record } = context;
  if (grant.kind !== 'token') throw new SealiftError('FORBIDDEN', 'programs are run only for a token');
  if (!executor) throw new Error('exec is not offered');
  const { peer, name = '' } = record;
  const onStart = () => executor.onStart({ peer, command: name });
  const end = await executor.run(request, {
    writer,
    input,
    signal,
    doubt,
    patience: limits.bodyTimeout,
    onStart,
  });
  record.exit = 'exit' in end ? end.exit : end.signal;
  writer.header(end);
};
