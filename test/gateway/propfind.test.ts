import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { parsePropfind } from '#sealift/gateway/propfind-request.js';
import { md5, putFile } from '../helpers/files.js';
import { localServer } from '../helpers/in-process.js';
import { tempFolder } from '../helpers/temp-folder.js';

async function served() {
  const storage = tempFolder();
  putFile(storage, 'a & b.txt', 'hello');
  putFile(storage, 'sub/x.png', 'x');
  const { port } = await localServer(storage);
  const propfind = (path: string, depth: string | null, body?: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'PROPFIND',
      headers: depth === null ? {} : { Depth: depth },
      ...(body === undefined ? {} : { body }),
    });
  // So that MD5s are known.
  await (await fetch(`http://127.0.0.1:${port}/MD5SUMS`)).text();
  return { propfind, port };
}

const hrefs = (xml: string) => [...xml.matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(([, href]) => href);

test('a folder and what stands in it, or the folder alone', async () => {
  const { propfind } = await served();
  const all = await propfind('/', '1');
  expect(all.status).toBe(207);
  const xml = await all.text();
  expect(hrefs(xml)).toEqual(['/', '/a%20%26%20b.txt', '/sub/']);
  expect(xml).toContain('<D:displayname>a &amp; b.txt</D:displayname>');
  expect(xml).toContain('<D:getcontentlength>5</D:getcontentlength>');
  expect(xml).toContain(`<D:getetag>&quot;${md5('hello')}&quot;</D:getetag>`);
  expect(xml).toContain('<D:getlastmodified>Fri, 02 Jan 2026 03:04:05 GMT</D:getlastmodified>');
  expect(hrefs(await (await propfind('/sub/', '0')).text())).toEqual(['/sub/']);
  expect(hrefs(await (await propfind('/sub', '1')).text())).toEqual(['/sub/', '/sub/x.png']);
  expect(hrefs(await (await propfind('/sub/x.png', '1')).text())).toEqual(['/sub/x.png']);
});

test('many on one connection leave nothing behind', async () => {
  const { port } = await served();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => {
    process.off('warning', onWarning);
    agent.destroy();
  });
  for (let nth = 0; nth < 20; nth++) {
    const asked = request({ port, path: '/a', method: 'PROPFIND', headers: { Depth: '0' }, agent }).end();
    const [response] = await once(asked, 'response');
    response.resume();
    await once(response, 'end');
  }
  // Node tells of listeners that pile up.
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});

test('what is not there, and all that is below, is refused', async () => {
  const { propfind } = await served();
  expect((await propfind('/nothing', '0')).status).toBe(404);
  expect((await propfind('/', null)).status).toBe(403);
  expect((await propfind('/', 'infinity')).status).toBe(403);
  expect((await propfind('/', '2')).status).toBe(400);
});

test('the properties that are asked for, and those that there are not', async () => {
  const { propfind } = await served();
  const body = `<?xml version="1.0"?><a:propfind xmlns:a="DAV:"><a:prop><a:getcontentlength/><b:own xmlns:b="urn:b&amp;"/><none xmlns=""/></a:prop></a:propfind>`;
  const xml = await (await propfind('/sub/x.png', '0', body)).text();
  expect(xml).toContain(
    '<D:propstat><D:prop><D:getcontentlength>1</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK',
  );
  expect(xml).toContain(
    '<D:prop><x:own xmlns:x="urn:b&amp;"/><none xmlns=""/></D:prop><D:status>HTTP/1.1 404 Not Found',
  );
  const names = await (await propfind('/sub/', '0', '<propfind xmlns="DAV:"><propname/></propfind>')).text();
  expect(names).toContain('<D:prop><D:displayname/><D:resourcetype/></D:prop>');
});

test.each([
  ['no XML', 'hello'],
  ['no end', '<propfind xmlns="DAV:"><allprop/>'],
  ['another element', '<propertyupdate xmlns="DAV:"/>'],
  ['another namespace', '<propfind xmlns="urn:x"><allprop/></propfind>'],
  ['nothing asked for', '<propfind xmlns="DAV:"/>'],
  ['a prefix of no namespace', '<D:propfind><D:allprop/></D:propfind>'],
  ['an entity of its own', '<!DOCTYPE x [<!ENTITY a "b">]><propfind xmlns="DAV:"><allprop/>&a;</propfind>'],
  [
    'nested too deep',
    `<propfind xmlns="DAV:"><prop>${'<a>'.repeat(20)}${'</a>'.repeat(20)}</prop></propfind>`,
  ],
  ['too many properties', `<propfind xmlns="DAV:"><prop>${'<a/>'.repeat(101)}</prop></propfind>`],
])('%s is refused', (_what, xml) => {
  expect(() => parsePropfind(xml)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
});

test('a body without end is refused', async () => {
  const { propfind } = await served();
  const response = await propfind('/', '1', `<propfind xmlns="DAV:">${' '.repeat(70_000)}`);
  expect(response.status).toBe(413);
});
