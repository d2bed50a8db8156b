import { SealiftError } from '../../errors/index.js';
import { HEADER_MAX, LIST_MAX, NAME_MAX, type Op, PING_MAX, PROTOCOL_VERSION } from '../../protocol/index.js';
import type { Grant } from '../access/index.js';
import { opsOffered } from '../offered-ops.js';
import { SERVER_NAME } from '../server-name.js';
import type { Handler } from './handler.js';

const OPTIONS = ['get.defer', 'stat.fresh', 'stat.progress', 'manifest.fresh', 'manifest.progress'];
/** For those who may make share links. */
const OF_LINKS: ReadonlySet<string> = new Set(['share', 'shares', 'revoke']);

export const hello: Handler<'hello'> = async (request, { grant, writer, limits, executor }) => {
  const versions = request.versions ?? [PROTOCOL_VERSION];
  if (!versions.includes(PROTOCOL_VERSION)) {
    throw new SealiftError('VERSION', `this server speaks version ${PROTOCOL_VERSION} only`);
  }
  writer.header({
    ok: true,
    version: PROTOCOL_VERSION,
    server: SERVER_NAME,
    limits: {
      header: HEADER_MAX,
      name: NAME_MAX,
      list: LIST_MAX,
      ping: PING_MAX,
      readAhead: limits.readAhead,
    },
    capabilities: [...opsOffered(executor).filter((op) => mayUse(op, grant)), ...OPTIONS],
  });
};

/** Ops that would be refused anyway are not told of. */
function mayUse(op: Op, { kind, links }: Grant): boolean {
  if (op === 'exec') return kind === 'token';
  return links !== undefined || !OF_LINKS.has(op);
}
