import { readFileSync } from 'node:fs';

/** Memory that a process has resident, in bytes; 0 where the system does not tell. */
export function residentBytes(pid: number | undefined): number {
  if (process.platform !== 'linux') return 0;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}
