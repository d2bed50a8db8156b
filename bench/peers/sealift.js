import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Service } from './service.js';
import { Wire } from './wire.js';

const LOOK_MS = 50;

/** A build of Sealift under test. */
export class Sealift {
  #fetchHelp = '';

  /**
   * @param {string} label how tables call it
   * @param {string} program its `cli/main.js`
   */
  constructor(label, program) {
    this.label = label;
    this.program = program;
  }

  /** @param {string[]} args */
  command(...args) {
    return [process.execPath, this.program, ...args];
  }

  /**
   * @param {Service} server
   * @param {string[]} args
   */
  fetch(server, ...args) {
    return this.command('fetch', '-q', '-s', server.url, ...args);
  }

  /** @param {string} option such as `--digest` */
  fetchKnows(option) {
    const [program = '', ...args] = this.command('fetch', '--help');
    this.#fetchHelp ||= spawnSync(program, args, { encoding: 'utf8' }).stdout;
    return new RegExp(`${option}\\b`).test(this.#fetchHelp);
  }

  /**
   * A server that is ready, though it may be hashing.
   * @param {string} folder
   * @param {string[]} [args] more of `serve`
   */
  async serve(folder, args = []) {
    const service = new Service(
      this.command('serve', folder, '--port', '0', '--json', '--log', 'off', ...args),
      'SIGKILL',
    );
    service.port = JSON.parse(await service.firstLine()).port;
    service.url = `sealift://127.0.0.1:${service.port}`;
    service.httpUrl = `http://127.0.0.1:${service.port}`;
    return service;
  }

  /**
   * A server that knows the digest of everything in `folder`.
   * @param {string} folder
   */
  async serveWarm(folder) {
    const service = await this.serve(folder);
    await waitUntilHashed(service);
    return service;
  }
}

/** @param {Service} server */
export async function waitUntilHashed(server) {
  const wire = await Wire.to(server.port);
  for await (const _ of hashedPages(wire)) server.throwIfEnded();
  wire.close();
}

/**
 * Pages of the catalogue, each when all of it has been hashed: asked for again until then, the rest is not asked for
 * meanwhile.
 * @param {Wire} wire
 */
export async function* hashedPages(wire) {
  for (let after = {}; ; ) {
    const { header, body } = await wire.ask({ op: 'list', ...after });
    const lines = body.toString().split('\n').filter(Boolean);
    if (lines.some((line) => JSON.parse(line).md5 === null)) {
      await delay(LOOK_MS);
      continue;
    }
    yield lines;
    if (header.next === null) return;
    after = { after: header.next };
  }
}
