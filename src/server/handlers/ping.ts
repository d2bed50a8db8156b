import type { Handler } from './handler.js';

export const ping: Handler<'ping'> = async (request, { writer }) => {
  writer.header({ ok: true, payload: request.payload ?? '' });
};
