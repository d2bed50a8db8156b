import type { Command } from '../command.js';

export const commands: Command[] = [
  { usages: ['serve [dir]'], describe: 'Serve a folder', load: () => import('./serve.js') },
  {
    usages: ['fetch [name..]', 'get'],
    describe: 'Download files, and keep only what is verified',
    load: () => import('./fetch.js'),
  },
  { usages: ['list [pattern]', 'ls'], describe: 'Show what the server has', load: () => import('./list.js') },
  { usages: ['info [name]'], describe: "Show one file's facts", load: () => import('./info.js') },
  {
    usages: ['verify [name..]'],
    describe: "Compare local files with the server's digests, without downloading",
    load: () => import('./verify.js'),
  },
  { usages: ['ping'], describe: 'Measure the way to the server and back', load: () => import('./ping.js') },
  {
    usages: ['shell [file]'],
    describe: 'Give one command after the other, at a prompt or from a file',
    load: () => import('./shell.js'),
  },
  {
    usages: ['exec [command..]'],
    describe: 'Run a program on the server, in the served folder',
    load: () => import('./exec.js'),
  },
  {
    usages: ['share [name..]'],
    describe: 'Make a link that opens a file, a folder or a pattern, and nothing else',
    load: () => import('./share.js'),
  },
  {
    usages: ['scrub [dir]'],
    describe: 'Read the whole storage again, and find what has rotted on the disk',
    load: () => import('./scrub.js'),
  },
  {
    usages: ['discover'],
    describe: 'Look for servers on the local network',
    load: () => import('./discover.js'),
  },
];
