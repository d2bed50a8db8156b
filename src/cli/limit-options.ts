import type { Argv } from 'yargs';
import { DEFAULT_LIMITS, type ServerLimits } from '../server/index.js';
import { parseDuration } from './duration.js';
import { parseWhole } from './whole-number.js';

type LimitName = keyof ServerLimits;

/** Each limit is an option of `serve`: its name, what it says in the help, and whether it is a time. */
const OPTIONS: { limit: LimitName; option: string; describe: string; isTime: boolean }[] = [
  { limit: 'maxConnections', option: 'max-connections', describe: 'connections in all', isTime: false },
  {
    limit: 'maxConnectionsPerAddress',
    option: 'max-connections-per-address',
    describe: 'connections of one address, loopback excepted',
    isTime: false,
  },
  { limit: 'backlog', option: 'backlog', describe: 'connections the kernel keeps waiting', isTime: false },
  {
    limit: 'headerTimeout',
    option: 'header-timeout',
    describe: 'for a request to arrive, once begun',
    isTime: true,
  },
  { limit: 'idleTimeout', option: 'idle-timeout', describe: 'between requests', isTime: true },
  {
    limit: 'bodyTimeout',
    option: 'body-timeout',
    describe: 'for a body that makes no progress',
    isTime: true,
  },
  { limit: 'minRate', option: 'min-rate', describe: 'bytes a second that a body must make', isTime: false },
  {
    limit: 'minRateAfter',
    option: 'min-rate-after',
    describe: 'grace before --min-rate counts',
    isTime: true,
  },
  { limit: 'readAhead', option: 'read-ahead', describe: 'pipelined requests read ahead', isTime: false },
  { limit: 'hashers', option: 'hashers', describe: 'files hashed at once', isTime: false },
  {
    limit: 'drainTimeout',
    option: 'drain-timeout',
    describe: 'for running transfers when stopped',
    isTime: true,
  },
  {
    limit: 'wrongTokenDelay',
    option: 'wrong-token-delay',
    describe: 'that the first wrong token costs an address; doubled with each',
    isTime: true,
  },
  {
    limit: 'wrongTokenDelayMax',
    option: 'wrong-token-delay-max',
    describe: 'that a wrong token costs at the most',
    isTime: true,
  },
];

export type LimitArguments = Record<string, unknown>;

export function limitOptions<T>(yargs: Argv<T>): Argv<T & LimitArguments> {
  for (const { limit, option, describe, isTime } of OPTIONS) {
    const value = DEFAULT_LIMITS[limit];
    yargs.option(option, {
      type: 'string',
      requiresArg: true,
      default: isTime ? `${value / 1_000}s` : String(value),
      describe,
      group: 'Limits:',
    });
  }
  return yargs as Argv<T & LimitArguments>;
}

/** @throws SealiftError USAGE */
export function limitsFrom(args: LimitArguments): ServerLimits {
  const limits = { ...DEFAULT_LIMITS };
  for (const { limit, option, isTime } of OPTIONS) {
    const text = String(args[option]);
    limits[limit] = isTime ? parseDuration(`--${option}`, text) : parseWhole(option, text, 1, 999_999_999);
  }
  return limits;
}
