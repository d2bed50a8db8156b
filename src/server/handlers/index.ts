import type { Op, Request } from '../../protocol/index.js';
import { exec } from './exec.js';
import { get } from './get.js';
import type { Handler, HandlerContext } from './handler.js';
import { hello } from './hello.js';
import { list } from './list.js';
import { manifest } from './manifest.js';
import { ping } from './ping.js';
import { revoke, share, shares } from './share.js';
import { stat } from './stat.js';

const handlers: { [O in Op]: Handler<O> } = {
  exec,
  get,
  hello,
  list,
  manifest,
  ping,
  revoke,
  share,
  shares,
  stat,
};

export function handle(request: Request, context: HandlerContext): Promise<void> {
  const handler = handlers[request.op] as Handler<Op>;
  return handler(request, context);
}
