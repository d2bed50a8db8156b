// Serves the folder ARGUMENT, and lets whoever asks run any program in it: a process of its own for the exec campaign, which sends it a
// certificate, or null for none.
import { once } from 'node:events';
import { serve } from '#sealift/index.js';

const TOKEN = 'correct-horse-battery';

const [{ tls }] = await once(process, 'message');
const server = await serve(process.argv[2] ?? '', {
  port: 0,
  tokens: [TOKEN],
  exec: { programs: 'any' },
  ...(tls ? { tls } : {}),
});
process.on('disconnect', () => server.abort());
process.on('SIGTERM', async () => {
  await server.close();
  process.exit();
});
// As it ends for who has pressed Ctrl-C twice.
process.on('SIGHUP', () => process.exit(3));
process.send?.(server.url.replace('//', `//${TOKEN}@`));
