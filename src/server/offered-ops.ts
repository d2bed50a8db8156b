import { OPS, type Op } from '../protocol/index.js';

const ALWAYS = OPS.filter((op) => op !== 'exec');

/** The ops that a server offers, which runs programs or does not. */
export function opsOffered(runsPrograms: boolean): readonly Op[] {
  return runsPrograms ? OPS : ALWAYS;
}
