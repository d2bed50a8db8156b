import { onTestFinished } from 'vitest';
import { type SealiftServer, type ServeOptions, serve } from '#sealift/index.js';

/** Serves a folder from this process: quicker to start than the program. It ends with the test. */
export async function localServer(folder: string, options: ServeOptions = {}): Promise<SealiftServer> {
  const server = await serve(folder, { port: 0, ...options });
  onTestFinished(async () => {
    server.abort();
    await server.close();
  });
  return server;
}
