import { readFileSync, statSync } from 'node:fs';
import type { Argv } from 'yargs';
import { localError, SealiftError } from '../errors/index.js';
import { isLoopback, type SealiftServer } from '../server/index.js';
import { asArguments } from './as-arguments.js';

/** A shorter one can be guessed. */
const TOKEN_SAFE = 16;
/** A longer one may not fit into a header of HTTP. */
const TOKEN_MAX = 1_024;
const TOKENS_MAX = 100;
/** What fits into a header of HTTP and an address as it is. */
const TOKEN = /^[\x21-\x7e]+$/;

export interface AccessArguments {
  host: string;
  public: boolean;
  tokenFile: string | undefined;
  insecure: boolean;
}

/** The options of `serve` that say who may connect. */
export function accessOptions<T>(yargs: Argv<T>): Argv<T & AccessArguments> {
  return asArguments<T & AccessArguments>(
    yargs
      .option('token-file', {
        type: 'string',
        requiresArg: true,
        describe: 'let in only who shows a token of this file, one a line; or set SEALIFT_TOKEN',
      })
      .option('public', {
        type: 'boolean',
        default: false,
        describe: 'let anybody who reaches --host fetch; needed beyond loopback without a token',
      })
      .option('insecure', {
        type: 'boolean',
        default: false,
        describe: 'let tokens and files cross the network unencrypted',
      }),
  );
}

/**
 * The tokens of the file and of `SEALIFT_TOKEN`; none: nobody is asked for one.
 * @param warn told of what is allowed, and not wise
 * @throws SealiftError USAGE, or what is wrong with the file
 */
export function readTokens(
  { tokenFile }: Pick<AccessArguments, 'tokenFile'>,
  warn: (message: string) => void,
): string[] {
  const inFile = tokenFile === undefined ? [] : checked(tokensOf(tokenFile, warn), tokenFile);
  const others = checked(tokenOfEnvironment(), 'SEALIFT_TOKEN').filter((token) => !inFile.includes(token));
  // It may have been exported for the commands that connect, and long ago.
  if (others.length > 0)
    warn(`the token in SEALIFT_TOKEN opens this server${tokenFile === undefined ? '' : ', too'}`);
  const tokens = [...inFile, ...others];
  if (tokens.some((token) => token.length < TOKEN_SAFE)) {
    warn(`a token of less than ${TOKEN_SAFE} characters can be guessed; make one with: openssl rand -hex 16`);
  }
  return tokens;
}

/** @param place where they stand, for messages */
function checked(tokens: string[], place: string): string[] {
  if (tokens.every((token) => TOKEN.test(token) && token.length <= TOKEN_MAX)) return tokens;
  throw new SealiftError(
    'USAGE',
    `${place}: a token is 1 to ${TOKEN_MAX} letters, digits and signs without spaces`,
  );
}

function tokenOfEnvironment(): string[] {
  const { SEALIFT_TOKEN: token } = process.env;
  return token ? [token] : [];
}

function tokensOf(file: string, warn: (message: string) => void): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    if (statSync(file).mode & 0o077) warn(`others on this machine can read ${file}; chmod 600 it`);
  } catch (error) {
    throw localError(error, file);
  }
  const tokens = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  // Rule: a file without tokens does not open a server.
  if (tokens.length === 0) throw new SealiftError('USAGE', `${file}: no token in it; write one a line`);
  if (tokens.length > TOKENS_MAX) throw new SealiftError('USAGE', `${file}: more than ${TOKENS_MAX} tokens`);
  return tokens;
}

/**
 * Reads the file of tokens again on SIGHUP; if it does not do, the old ones stay. Returns what ends that.
 * @param say told what became of it
 */
export function renewTokensOnHangUp(
  { tokenFile }: AccessArguments,
  server: SealiftServer,
  say: (line: string) => void,
): () => void {
  if (tokenFile === undefined) return () => {};
  const renew = () => {
    try {
      server.replaceTokens(readTokens({ tokenFile }, say));
      say(`the tokens of ${tokenFile} were read again`);
    } catch (error) {
      say(`the tokens stay as they were: ${(error as Error).message}`);
    }
  };
  process.on('SIGHUP', renew);
  return () => process.off('SIGHUP', renew);
}

/** @throws SealiftError USAGE where others could do more than somebody has said they may */
export function checkExposure(
  { host, public: isPublic, insecure }: AccessArguments,
  { hasTokens, hasTls }: { hasTokens: boolean; hasTls: boolean },
): void {
  if (host === 'localhost' || isLoopback(host)) return;
  if (!hasTokens && !isPublic) {
    throw new SealiftError(
      'USAGE',
      `--host ${host} lets others reach this folder, without a password; add --public if that is meant, or let in by a token: --token-file FILE --tls`,
    );
  }
  if (hasTokens && !hasTls && !insecure) {
    throw new SealiftError(
      'USAGE',
      `--host ${host} without TLS shows the token to whoever listens; add --tls (or --insecure if that is meant)`,
    );
  }
}
