import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { AccessLog } from '#sealift/cli/access-log.js';
import { SealiftError } from '#sealift/errors/index.js';

const RECORD = { peer: '127.0.0.1:5', op: 'exec', code: 'OK', bytes: 7, milliseconds: 12.34 } as const;

test.each(['pretty', 'json'] as const)(
  'a program has a line when it begins and one when it ends: %s',
  async (style) => {
    const stream = new PassThrough();
    const log = new AccessLog(style, stream);
    const command = 'ls "\u001b[2J\n127.0.0.1:9 exec rm OK"';
    log.started({ peer: RECORD.peer, command });
    log.request({ ...RECORD, name: command, exit: 3 });
    log.request({ ...RECORD, name: 'sleep 9', exit: 'SIGTERM' });
    stream.end();
    const lines = (await text(stream)).trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('\u001b');
    if (style === 'json') {
      const escaped = 'ls "\\x1b[2J\\n127.0.0.1:9 exec rm OK"';
      const facts = { peer: RECORD.peer, op: 'exec', name: escaped };
      expect(JSON.parse(lines[0] as string)).toMatchObject({ ...facts, msg: 'started' });
      expect(JSON.parse(lines[1] as string)).toMatchObject({
        ...facts,
        code: 'OK',
        exit: 3,
        bytes: 7,
        ms: 12.3,
      });
      expect(JSON.parse(lines[2] as string)).toMatchObject({ exit: 'SIGTERM' });
      return;
    }
    expect(lines[0]).toMatch(/ 127\.0\.0\.1:5 exec ls .* started$/);
    expect(lines[1]).toMatch(/ OK exit 3, 7 B 12\.3 ms$/);
    expect(lines[2]).toMatch(/ sleep 9 OK SIGTERM, 7 B 12\.3 ms$/);
  },
);

test.each([
  '.sealift//share/SECRET/a.txt',
  '.SEALIFT/share/SECRET/a.txt',
  'http://nas/.sealift/share/SECRET/',
  'sealift://SECRET@nas:9696/**',
])(
  'a name in which somebody sent a link or an address tells nothing of what that opens: %s',
  async (name) => {
    const stream = new PassThrough();
    const log = new AccessLog('json', stream);
    const error = new SealiftError('NOT_FOUND', `no such file: ${name}`);
    log.request({ ...RECORD, op: 'get', name, code: 'NOT_FOUND', error });
    stream.end();
    const line = await text(stream);
    expect(line).toContain('no such file: ');
    expect(line).not.toContain('SECRET');
  },
);
