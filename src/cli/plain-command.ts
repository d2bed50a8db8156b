import { type Command, namesOf } from './command.js';
import { OptionTable } from './option-table.js';
import { plainArguments } from './plain-arguments.js';
import { reportError } from './run.js';

/** Runs a command if its command line is a plain one; false if that takes the parser. */
export async function runPlainCommand(
  [first = '', ...words]: string[],
  commands: Command[],
): Promise<boolean> {
  const command = commands.find((command) => namesOf(command).includes(first));
  if (!command) return false;
  try {
    const { builder, handler } = await command.load();
    const table = OptionTable.of(builder);
    const args = table && plainArguments(command.usages[0], words, table);
    if (args === null) return false;
    await handler(args as never);
  } catch (error) {
    process.exit(reportError(error));
  }
  return true;
}
