import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { programFolders, scrubbedEnvironment } from '#sealift/server/exec/environment.js';
import { tempFolder } from '../../helpers/temp-folder.js';

test('programs are looked for in absolute folders outside the storage, however those are written', () => {
  const storage = realpathSync(tempFolder());
  const beside = `${storage}-beside`;
  mkdirSync(join(storage, 'bin'));
  const link = join(tempFolder(), 'link');
  symlinkSync(join(storage, 'bin'), link);
  const inside = [
    storage,
    `${storage}/`,
    join(storage, 'bin'),
    `${storage}/../${storage.split('/').at(-1)}/bin`,
  ];
  const PATH = ['', '.', 'bin', ...inside, link, join(storage, 'not there'), '/usr/bin', beside, '/'].join(
    delimiter,
  );
  expect(programFolders({ PATH }, storage)).toEqual(['/usr/bin', beside, '/']);
});

test('of the environment a program gets what it is known to need, and the folders', () => {
  const env = {
    PATH: '/x',
    HOME: '/h',
    LC_ALL: 'C',
    SEALIFT_TOKEN: 's',
    NODE_OPTIONS: '-r',
    LC_: 'no',
    TZ: 'UTC',
  };
  expect(scrubbedEnvironment(env, ['/a', '/b'])).toEqual({
    PATH: `/a${delimiter}/b`,
    HOME: '/h',
    LC_ALL: 'C',
    TZ: 'UTC',
  });
});
