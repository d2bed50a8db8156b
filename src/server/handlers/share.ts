import { SealiftError } from '../../errors/index.js';
import { encodeSharedLink, LIST_MAX, Pattern } from '../../protocol/index.js';
import { type ShareRecord, usedOf } from '../../store/index.js';
import type { Grant, ShareLinks } from '../access/index.js';
import type { Handler } from './handler.js';

export const share: Handler<'share'> = async ({ pattern, expires, uses }, { grant, writer, ofLinks }) => {
  const links = linksOf(grant);
  const { text } = new Pattern(pattern);
  const { record, capability } = links.make({ pattern: text, seconds: expires, uses });
  const { id: link, expiresAt } = record;
  writer.header({ ok: true, link, capability, pattern: text, expiresAt, uses: record.uses, ...ofLinks?.() });
};

export const shares: Handler<'shares'> = async ({ after, limit = LIST_MAX }, { grant, writer }) => {
  // One more tells whether there are more.
  const found = linksOf(grant).list(after, limit + 1);
  const page = found.slice(0, limit);
  const next = found.length > limit ? (page.at(-1)?.id ?? null) : null;
  const body = Buffer.from(page.map((record) => encodeSharedLink(sharedLink(record))).join(''));
  writer.header({ ok: true, count: page.length, length: body.length, next }, body.length);
  if (body.length > 0) await writer.body(body);
};

export const revoke: Handler<'revoke'> = async ({ link }, { grant, writer }) => {
  linksOf(grant).revoke(link);
  writer.header({ ok: true });
};

/** Rule: only who has a token makes links, never who came by one. */
function linksOf({ kind, links }: Grant): ShareLinks {
  if (links) return links;
  throw new SealiftError(
    'FORBIDDEN',
    kind === 'open'
      ? 'share links need a server with a token: serve --token-file FILE'
      : 'share links are made, listed and revoked with a token, not with a link',
  );
}

function sharedLink(record: ShareRecord) {
  const { id: link, pattern, createdAt, expiresAt, uses, revoked } = record;
  return { link, pattern, createdAt, expiresAt, uses, used: usedOf(record), revoked };
}
