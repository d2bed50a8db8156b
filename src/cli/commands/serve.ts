import type { Argv } from 'yargs';
import { httpGateway } from '../../gateway/index.js';
import { DEFAULT_PORT } from '../../protocol/index.js';
import { SCRUB_RATE, type SealiftServer, type ServerScrub, serve } from '../../server/index.js';
import { AccessLog, type LogStyle } from '../access-log.js';
import {
  type AccessArguments,
  accessOptions,
  checkExposure,
  readTokens,
  renewTokensOnHangUp,
} from '../access-options.js';
import {
  type AnnounceArguments,
  announceOptions,
  announceServer,
  checkAnnouncedName,
} from '../announce-options.js';
import { asArguments } from '../as-arguments.js';
import { parseDuration } from '../duration.js';
import { type ExecArguments, endProgramsOnSignal, execFrom, execOptions } from '../exec-options.js';
import { type LimitArguments, limitOptions, limitsFrom } from '../limit-options.js';
import { printJson, printLine, shown } from '../output.js';
import { parseRate } from '../rate.js';
import { scrubLine } from '../report/scrub-reporter.js';
import { run } from '../run.js';
import { tellBrowsers } from '../tell-browsers.js';
import { certificateFrom, renewOnHangUp, type TlsArguments, tlsOptions } from '../tls-options.js';
import { parseWhole } from '../whole-number.js';

interface ServeArguments
  extends LimitArguments,
    AccessArguments,
    TlsArguments,
    AnnounceArguments,
    ExecArguments {
  dir: string | undefined;
  port: string;
  noHttp: boolean;
  allowHost: string | string[] | undefined;
  log: LogStyle;
  scrub: string | undefined;
  scrubLimit: string;
  json: boolean;
}

const LAST_LINES_MS = 1_000;
const YEAR_MS = 366 * 86_400_000;

export function builder(yargs: Argv): Argv<ServeArguments> {
  const own = yargs
    .positional('dir', {
      type: 'string',
      defaultDescription: '"storage"',
      describe: 'folder to serve',
    })
    .option('host', {
      type: 'string',
      default: '127.0.0.1',
      requiresArg: true,
      describe: 'address to listen on',
    })
    .option('port', {
      alias: 'p',
      type: 'string',
      default: String(DEFAULT_PORT),
      requiresArg: true,
      describe: 'port to listen on; 0 for any free one',
    })
    .option('no-http', {
      type: 'boolean',
      default: false,
      describe: 'do not answer browsers, curl and others that speak HTTP',
    })
    .option('allow-host', {
      type: 'string',
      requiresArg: true,
      describe: 'a name besides localhost under which HTTP may be asked; may be repeated',
    })
    .option('log', {
      choices: ['pretty', 'json', 'off'] as const,
      default: 'pretty' as const,
      describe: 'a line per request on stderr',
    })
    .option('scrub', {
      type: 'string',
      requiresArg: true,
      describe: 'read the whole storage again this often, for example 24h, and refuse what has rotted',
    })
    .option('scrub-limit', {
      type: 'string',
      default: `${SCRUB_RATE / 1e6}MB/s`,
      requiresArg: true,
      describe: 'how fast --scrub reads at the most',
    })
    .option('json', { type: 'boolean', default: false, describe: 'print the listening event as JSON' })
    .check(({ port }) => {
      parsePort(port);
      return true;
    })
    .example('$0 serve', 'storage/ on 127.0.0.1:9696')
    .example('$0 serve ~/builds --port 0', 'another folder on any free port')
    .example('$0 serve --scrub 7d', 'and look for bit rot once a week')
    .example('$0 serve --host 0.0.0.0 --tls --token-file tokens', 'to the whole network, for who has a token')
    .example('$0 serve --host 0.0.0.0 --public', 'to the whole network, readable by anybody there')
    .example('$0 serve --host 0.0.0.0 --public --tls', 'and encrypted for whoever uses the link')
    .example('$0 serve --host 0.0.0.0 --public --allow-host nas.lan', 'and also by http://nas.lan:9696/')
    .example('$0 serve --host 0.0.0.0 --public --announce=nas', 'and found by "sealift discover", or -s nas');
  return asArguments<ServeArguments>(
    limitOptions(announceOptions(execOptions(tlsOptions(accessOptions(own))))),
  );
}

function parsePort(text: string): number {
  return parseWhole('port', text, 0, 65_535);
}

export function handler(args: ServeArguments): Promise<void> {
  return run(async (signal) => {
    const { dir = 'storage', host, json } = args;
    await checkAnnouncedName(args);
    const log = new AccessLog(args.log);
    const say = (message: string) => log.say(message);
    const tokens = readTokens(args, say);
    checkExposure(args, { hasTokens: tokens.length > 0, hasTls: args.tls || args.tlsCert !== undefined });
    const certificate = certificateFrom(args, say);
    const scrub = scrubFrom(args, log);
    const exec = execFrom(args, { hasTokens: tokens.length > 0, log });
    const server = await serve(dir, {
      host,
      port: parsePort(args.port),
      limits: limitsFrom(args),
      tokens,
      insecure: args.insecure,
      onRequest: (record) => log.request(record),
      onRot: (error) => log.warn((error as Error).message),
      ...(scrub ? { scrub } : {}),
      ...(certificate ? { tls: certificate } : {}),
      ...(exec ? { exec } : {}),
      ...(args.noHttp ? {} : { gateway: httpGateway({ allowHosts: [args.allowHost ?? []].flat() }) }),
    });
    const endings = [renewTokensOnHangUp(args, server, say), renewOnHangUp(args, server, say)];
    endings.push(endProgramsOnSignal(args));
    sayWhere(server, dir, json);
    log.say(indexPlace(server, dir));
    if (!args.noHttp) await tellBrowsers(server, log, json || args.log === 'json');
    const announcement = announceServer(args, server, { needsToken: tokens.length > 0 }, log);
    await aborted(signal);
    for (const end of endings) end();
    await announcement.close();
    if (server.running > 0) {
      log.say(`stopping when ${server.running} running transfers have finished; Ctrl-C again ends them`);
    }
    await server.close();
    // Log lines that nobody reads would keep the process for ever.
    setTimeout(() => process.exit(), LAST_LINES_MS).unref();
    return 0;
  });
}

function scrubFrom({ scrub, scrubLimit }: ServeArguments, log: AccessLog): ServerScrub | null {
  const rate = parseRate('--scrub-limit', scrubLimit);
  if (scrub === undefined) return null;
  return {
    interval: parseDuration('--scrub', scrub, YEAR_MS),
    rate,
    onBegin: () => log.say('scrub: reading the whole storage again'),
    onEnd: (report) => log.say(`scrub: ${scrubLine(report)}`),
  };
}

function sayWhere({ url, host, port, fingerprint }: SealiftServer, dir: string, json: boolean): void {
  const event = { event: 'listening', url, host, port };
  if (json) printJson(fingerprint === null ? event : { ...event, fingerprint });
  else printLine(`Serving ${shown(dir)} at ${url}`);
}

function indexPlace({ index }: SealiftServer, dir: string): string {
  switch (index.kind) {
    case 'storage':
      return `the index is in ${index.folder}`;
    case 'cache':
      return `${dir} is not writable; the index is in ${index.folder}`;
    case 'memory':
      return 'no folder for the index is writable; it is in memory, and will be made anew next time';
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
