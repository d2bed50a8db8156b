import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '#sealift/index.js';
import { sealift } from '../../helpers/cli.js';
import { putFile } from '../../helpers/files.js';
import { tempFolder } from '../../helpers/temp-folder.js';

const TOKEN = 'correct-horse-battery';
let url: string;

beforeAll(async () => {
  const folder = tempFolder(afterAll);
  putFile(folder, 'sub/a b.txt', 'hello');
  const server = await serve(folder, { port: 0, tokens: [TOKEN], exec: { programs: 'any' } });
  url = server.url;
  return () => server.close();
});

const shell = (input: string) =>
  sealift(['shell', '-s', url], { input, env: { ...process.env, SEALIFT_TOKEN: TOKEN } });

test('programs and lines run there, and read none of the lines behind them', async () => {
  const { code, stdout, stderr } = await shell(
    "exec cat\nexec -- printf '%s|' 'a b' -c\ncd sub\nexec -c 'ls sub | tr a-z A-Z'\npwd\n",
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'a b|-c|A B.TXT\n/sub\n', stderr: '' });
});

test('what a program ends with ends the script', async () => {
  const { code, stdout } = await shell("exec -c 'echo before; exit 9'\nexec echo after\n");
  expect({ code, stdout }).toEqual({ code: 9, stdout: 'before\n' });
});
