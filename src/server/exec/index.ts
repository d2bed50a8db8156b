export { commandText } from './command-text.js';
export { ExecInput } from './exec-input.js';
export { EXEC_TIMEOUT, Executor, PROGRAM_DOUBT_MS, type ServerExec } from './executor.js';
