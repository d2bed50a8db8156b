import { OPS, type Op } from '../protocol/index.js';
import type { Executor } from './exec/index.js';

const ALWAYS = OPS.filter((op) => op !== 'exec');

/** The ops that a server offers, which runs programs or does not. */
export function opsOffered(executor: Executor | null | undefined): readonly Op[] {
  return executor ? OPS : ALWAYS;
}
