#!/usr/bin/env node
// First: what it hides is for everybody to read until then.
import './hide-link.js';
import { readFileSync } from 'node:fs';
import { printLine, watchStdout } from './output.js';

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

// Most commands take less time than loading everything would: the parser, and each command, only when it is needed.
const words = process.argv.slice(2);
watchStdout();
if (words.length === 1 && words[0] === '--version') printLine(version());
else {
  const { commands } = await import('./commands/index.js');
  const { runPlainCommand } = await import('./plain-command.js');
  if (!(await runPlainCommand(words, commands))) {
    const { runProgram } = await import('./program.js');
    await runProgram(words, commands, version());
  }
}
