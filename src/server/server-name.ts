import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export const SERVER_VERSION = version;
/** What `hello` tells. */
export const SERVER_NAME = `sealift/${version}`;
