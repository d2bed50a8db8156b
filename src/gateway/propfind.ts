import { SealiftError, systemCode } from '../errors/index.js';
import type { Exchange } from './exchange.js';
import { type Child, childrenOf, hasFolder } from './folder.js';
import { MULTISTATUS_END, MULTISTATUS_START, responseOf } from './multistatus.js';
import { readPropfind } from './propfind-request.js';
import { streamText } from './stream-text.js';

/** Characters that are made before they are sent: many long properties of many files are not held at once. */
const PIECE = 64 * 1024;
const FIELDS = { 'Content-Type': 'application/xml; charset=utf-8' };

/**
 * Answers with the properties of a file or folder, and with `Depth: 1` of what stands in it (RFC 4918, section 9.1). Of all that is below
 * nothing is told: a server may refuse that, and large ones have to.
 * @throws SealiftError NOT_FOUND, FORBIDDEN, BAD_REQUEST
 */
export async function answerPropfind(exchange: Exchange): Promise<void> {
  const { request, target, store, base, signal } = exchange;
  const wanted = await readPropfind(exchange);
  const depth = String(request.headers.depth ?? 'infinity').toLowerCase();
  if (!['0', '1', 'infinity'].includes(depth)) throw new SealiftError('BAD_REQUEST', 'Depth: not 0 or 1');
  const file = target.kind === 'file' ? await fileAt(exchange) : null;
  if (file !== null) return send(exchange, [file]);
  if (!(await hasFolder(store, target.name, signal))) {
    throw new SealiftError('NOT_FOUND', `${target.name}: no such file or folder`);
  }
  if (depth === 'infinity') {
    throw new SealiftError(
      'FORBIDDEN',
      'PROPFIND: what is below is told folder by folder; ask with Depth: 1',
    );
  }
  const folder: Child = { kind: 'folder', name: target.name };
  if (depth === '0') return send(exchange, [folder]);
  return send(exchange, [folder], true);

  function send(to: Exchange, first: Child[], withChildren = false): Promise<void> {
    function* piecesOf(children: Child[]) {
      let piece = '';
      for (const child of children) {
        piece += responseOf(child, wanted, base);
        if (piece.length < PIECE) continue;
        yield piece;
        piece = '';
      }
      yield piece;
    }
    async function* responses() {
      yield MULTISTATUS_START + first.map((child) => responseOf(child, wanted, base)).join('');
      for (let after: string | undefined; withChildren; ) {
        const { children, next } = await childrenOf(store, target.name, { after, signal });
        yield* piecesOf(children);
        if (next === null) break;
        after = next;
      }
      yield MULTISTATUS_END;
    }
    return streamText(to, FIELDS, responses(), 207);
  }
}

/** The file of this name, if there is one; its MD5 only if it is known already. */
async function fileAt({ target, store }: Exchange): Promise<Child | null> {
  try {
    const file = await store.open(target.name);
    try {
      const md5 = file.knownDigests()?.md5 ?? null;
      return { kind: 'file', ...file.facts, md5, rotten: false };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemCode(error) === 'NOT_FOUND') return null;
    throw error;
  }
}
