export { commandRequest } from './command-request.js';
export { ExecAttempt } from './exec-attempt.js';
export { execOn } from './exec-on.js';
export type { ExecCommand, ExecEnd, ExecOptions, RunningExec } from './exec-options.js';
