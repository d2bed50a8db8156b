import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { untilThere } from './until.js';

/** A network of its own. It has no name, so it ends with the process in it, and that one when its stdin does: with this process, whatever ends it. */
export interface Namespace {
  /** Puts `nsenter` before a command. */
  within(command: string[]): string[];
  /** Runs `ip ARGS` in it. */
  ip(...args: string[]): string;
  pid: number;
  end(): void;
}

/** Why there can be none; null if there can. */
export function whyNoNamespaces(): string | null {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'only root may make them';
  for (const program of ['ip', 'unshare', 'nsenter']) {
    if (spawnSync(program, ['--help']).error !== undefined) return `${program} is not installed`;
  }
  const { status, stderr } = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'v0', 'type', 'veth']);
  return status === 0 ? null : String(stderr).trim();
}

export async function newNamespace(): Promise<Namespace> {
  const child: ChildProcess = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const pid = child.pid as number;
  const own = readlinkSync('/proc/self/ns/net');
  // Until it is in the new network, it is in this one.
  await untilThere(() => {
    const isThere = readFileSync(`/proc/${pid}/comm`, 'utf8') === 'cat\n';
    return isThere && readlinkSync(`/proc/${pid}/ns/net`) !== own ? true : null;
  });
  const within = (command: string[]) => ['nsenter', `--net=/proc/${pid}/ns/net`, ...command];
  return {
    pid,
    within,
    ip(...args) {
      const [program = '', ...rest] = within(['ip', ...args]);
      return execFileSync(program, rest, { encoding: 'utf8' });
    },
    end: () => void child.kill('SIGKILL'),
  };
}

/** A cable between two, through which packets go when this resolves. */
export async function connect(a: Namespace, b: Namespace): Promise<void> {
  a.ip('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(b.pid));
  for (const [at, namespace] of [a, b].entries()) {
    namespace.ip('address', 'add', `10.77.0.${at + 1}/24`, 'dev', 'eth0');
    namespace.ip('link', 'set', 'eth0', 'up');
  }
  for (const namespace of [a, b]) {
    await untilThere(() => (namespace.ip('link', 'show', 'eth0').includes('state UP') ? true : null));
  }
}
