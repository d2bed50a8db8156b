import type { Argv } from 'yargs';
import type { FoundServer } from '../../discovery/index.js';
import { SealiftError } from '../../errors/index.js';
import { asArguments } from '../as-arguments.js';
import { parseDuration } from '../duration.js';
import { jsonLine, printLines, shown } from '../output.js';
import { run } from '../run.js';
import { discoveredUrl } from '../server-name.js';
import { Table } from '../table.js';

interface DiscoverArguments {
  timeout: string;
  json: boolean;
}

export function builder(yargs: Argv): Argv<DiscoverArguments> {
  return asArguments<DiscoverArguments>(
    yargs
      .option('timeout', {
        type: 'string',
        default: '2s',
        requiresArg: true,
        describe: 'wait this long for answers',
      })
      .option('json', { type: 'boolean', default: false, describe: 'print NDJSON on stdout, for programs' })
      .example('$0 discover', 'servers on the local network that run with --announce')
      .example('$0 discover --json --timeout 500ms', 'a line for each, sooner')
      .example('$0 list -s nas', 'a name from the list stands for the address')
      .epilogue(
        'Anybody on the network can announce anything: a name or a fingerprint in this list proves nothing.',
      ),
  );
}

export function handler({ timeout, json }: DiscoverArguments): Promise<void> {
  return run(async (signal) => {
    const milliseconds = parseDuration('--timeout', timeout);
    const { discover } = await import('../../discovery/index.js');
    const { servers, isHeard } = await discover({ timeout: milliseconds, signal });
    if (servers.length === 0) throw nothingFound(isHeard, timeout);
    if (json) printLines(servers.map(jsonOf));
    else await printTable(servers);
    return 0;
  });
}

function jsonOf(server: FoundServer): string {
  const { name, host, port, tls, fingerprint, needsToken, version } = server;
  return jsonLine({ name, url: discoveredUrl(server), host, port, version, needsToken, tls, fingerprint });
}

async function printTable(servers: FoundServer[]): Promise<void> {
  const table = new Table([
    { title: 'NAME', align: 'left' },
    { title: 'VERSION', align: 'left' },
    { title: 'TOKEN', align: 'left' },
    // The longest last: it is copied, so it is never cut.
    { title: 'URL', align: 'left' },
  ]);
  const rows = servers.map((server) => {
    const token = server.needsToken ? 'needed' : 'no';
    return [shown(server.name), shown(server.version ?? '?'), token, discoveredUrl(server)];
  });
  await table.measure(rows);
  printLines([table.header(), ...rows.map((row) => table.row(row))]);
}

function nothingFound(isHeard: boolean, timeout: string): SealiftError {
  const why = isHeard
    ? 'they need serve --announce, and to be in the same subnet, in which nothing filters multicast (as Wi-Fi for guests does)'
    : 'not even the question came back, so this machine seems to filter multicast (UDP port 5353): look at its firewall';
  return new SealiftError('NOT_FOUND', `no server answered within ${timeout}: ${why}`);
}
