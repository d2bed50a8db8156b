import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../helpers/cli.js';
import { firstLine } from '../../helpers/exec-wire.js';
import { untilEmpty } from '../../helpers/processes.js';
import { tempFolder } from '../../helpers/temp-folder.js';
import { Wire } from '../../helpers/wire.js';

const SERVER = fileURLToPath(new URL('../../campaign/exec-server.js', import.meta.url));

const TOKEN = 'correct-horse-battery';

test('a server that ends at once leaves no program behind', async () => {
  const server = fork(SERVER, [tempFolder()]);
  onTestFinished(() => void server.kill('SIGKILL'));
  const [url] = await once(server, 'message');
  const { port, username } = new URL(String(url));
  const wire = await Wire.admitted(Number(port), username);
  wire.send({ op: 'exec', shell: "trap '' HUP TERM; echo $$; sleep 200 | sleep 200" });
  const group = Number(await firstLine(wire));
  const exited = once(server, 'exit');
  server.kill('SIGHUP');
  expect((await exited)[0]).toBe(3);
  await untilEmpty(group);
});

test.each(['SIGHUP', 'SIGQUIT'] as const)(
  '%s to the server as it is installed ends its programs',
  async (signal) => {
    const env = { SEALIFT_TOKEN: TOKEN };
    const { child, port } = await startServer(tempFolder(), ['--exec', 'any'], { env });
    const wire = await Wire.admitted(port, TOKEN);
    wire.send({ op: 'exec', shell: "trap '' HUP TERM; echo $$; sleep 200 | sleep 200" });
    const group = Number(await firstLine(wire));
    child.kill(signal);
    await untilEmpty(group);
  },
);
