// Serves the folder FOLDER, over TLS if told `tls`, and lets whoever asks run any program in it: a process of its own for the exec
// campaign. Arguments: FOLDER [tls]
import { serve } from '#sealift/index.js';
import { newCertificate } from './over-tls.js';

const TOKEN = 'correct-horse-battery';

const server = await serve(process.argv[2] ?? '', {
  port: 0,
  tokens: [TOKEN],
  exec: { programs: 'any' },
  ...(process.argv[3] === 'tls' ? { tls: newCertificate() } : {}),
});
process.on('disconnect', () => server.abort());
process.on('SIGTERM', async () => {
  await server.close();
  process.exit();
});
// As it ends for who has pressed Ctrl-C twice.
process.on('SIGHUP', () => process.exit(3));
process.send?.(server.url.replace('//', `//${TOKEN}@`));
