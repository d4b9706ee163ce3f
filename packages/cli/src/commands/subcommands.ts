/** Parts of commands that have subcommands. */
import { BranchlineError, didYouMean } from '@branchline/core';
import type { Argv, CommandModule } from 'yargs';

/** Options of a builder and of all commands. */
export type Options<Builder> = Builder extends (args: Argv) => Argv<infer Own> ? Own & { json?: boolean } : never;

/** A command with subcommands, and what it does without one. */
interface Parent {
  readonly name: string;
  readonly subcommands: readonly string[];
  /** Positional arguments of the subcommands, so that a misspelled one may have them too: `[run] [strategy]`. */
  readonly positionals: string;
  /** Runs without a subcommand. By default, that is an error. */
  readonly alone?: (json: boolean) => Promise<void>;
}

/** Suggests a subcommand when none, or an unknown one, is given. Throws a `config` error. */
export function withoutSubcommand({
  name,
  subcommands,
  positionals,
  alone,
}: Parent): CommandModule<object, { command?: string; json?: boolean }> {
  return {
    command: `$0 [command] ${positionals}`,
    describe: false,
    handler: async ({ command, json = false }) => {
      if (command === undefined && alone !== undefined) return alone(json);
      throw new BranchlineError('config', {
        message: command === undefined ? `${name} needs a command` : `there is no command "${name} ${command}"`,
        remedy: didYouMean(command ?? '', subcommands),
      });
    },
  };
}
