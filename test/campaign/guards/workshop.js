import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT, withoutGuard } from './guard.js';

/** @typedef {import('./guard.js').Guard} Guard */
/** @typedef {{ fullName: string, status: string, failureMessages: string[] }} TestResult */

const COPIED = ['dist', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
/** Milliseconds, of a test and of all that are run: without a guard a test may wait for what does not come any more. */
const WITHOUT = { test: 20_000, run: 120_000 };
const WITH = { test: 90_000, run: 1_800_000 };

/** A copy of the project to take guards out of. */
export class Workshop {
  #folder = mkdtempSync(join(tmpdir(), 'sealift-guards-'));

  constructor() {
    for (const part of COPIED) cpSync(join(PROJECT, part), join(this.#folder, part), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules'), join(this.#folder, 'node_modules'));
  }

  /**
   * Runs the guard's test without the guard. Returns what is wrong: null if the test went red as it should.
   * @param {Guard} guard
   */
  async testWithout(guard) {
    const path = join(this.#folder, 'dist', guard.file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, withoutGuard(guard, this.#folder));
    try {
      const results = await this.#vitest([guard.test], [guard.name], WITHOUT, ['--bail=1']);
      const red = results.find(({ status }) => status === 'failed');
      if (red) return null;
      return `${guard.rule}: ${guard.test} "${guard.name}" stays green without it (${results.length} tests ran)`;
    } catch (error) {
      return `${guard.rule}: ${error}`;
    } finally {
      writeFileSync(path, original);
    }
  }

  /**
   * Runs the tests of all these guards with the guards in place. Returns what is wrong.
   * @param {Guard[]} guards
   */
  async testWith(guards) {
    // Of no file vitest would run all.
    if (guards.length === 0) return [];
    const files = [...new Set(guards.map(({ test }) => test))];
    const results = await this.#vitest(
      files,
      guards.map(({ name }) => name),
      WITH,
    );
    const red = results.filter(({ status }) => status === 'failed');
    const missing = guards.filter(({ name }) => !results.some((result) => isNamed(result, name)));
    return [
      ...red.map(
        ({ fullName, failureMessages }) => `red with all guards: ${fullName}: ${failureMessages[0]}`,
      ),
      ...missing.map(({ rule, name }) => `${rule}: no test of the name "${name}" ran`),
    ];
  }

  close() {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Tests that ran, in these files and with one of these names.
   * @param {string[]} files
   * @param {string[]} names
   * @param {{ test: number, run: number }} most
   * @param {string[]} options
   * @returns {Promise<TestResult[]>}
   * @throws Error when a test file could not even be loaded, or the run did not end
   */
  async #vitest(files, names, most, options = []) {
    const output = join(this.#folder, 'results.json');
    rmSync(output, { force: true });
    const pattern = names.map(patternOf).join('|');
    const run = spawn(
      process.execPath,
      [
        join(PROJECT, 'node_modules/vitest/vitest.mjs'),
        'run',
        ...files,
        `--testNamePattern=${pattern}`,
        '--reporter=json',
        `--outputFile=${output}`,
        `--testTimeout=${most.test}`,
        '--maxWorkers=1',
        ...options,
      ],
      // A group of its own, so that it can be ended with all that it started.
      { cwd: this.#folder, stdio: 'ignore', detached: true, env: { ...process.env, VITEST: undefined } },
    );
    let isLate = false;
    const endAll = () => {
      try {
        process.kill(-Number(run.pid), 'SIGKILL');
      } catch {
        // All have ended.
      }
    };
    const timer = setTimeout(() => {
      isLate = true;
      endAll();
    }, most.run);
    await once(run, 'exit');
    clearTimeout(timer);
    // What a test has started and, cut off, not ended.
    endAll();
    if (isLate) throw new Error(`the tests did not end in ${most.run / 1_000} s`);
    const { testResults } = JSON.parse(readFileSync(output, 'utf8'));
    return testResults.flatMap((/** @type {any} */ { name, message, assertionResults }) => {
      if (assertionResults.length === 0) throw new Error(`${name} could not be loaded: ${message}`);
      return assertionResults.filter(
        (/** @type {TestResult} */ { status }) => status === 'passed' || status === 'failed',
      );
    });
  }
}

/** @param {string} name */
function patternOf(name) {
  // Of a test that is run for many values, a part of the name stands for each of them.
  return name
    .replace(/%[.\d]*[sjio]/g, '\0')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\0', '.*');
}

/**
 * @param {TestResult} result
 * @param {string} name
 */
function isNamed({ fullName }, name) {
  return new RegExp(patternOf(name)).test(fullName);
}
