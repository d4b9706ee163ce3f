/** The commands as data, for the reference, and a parser that runs none of them, for commands in documents. */
import yargs, { type Argv, type CommandModule, type Options } from 'yargs';
import { MODULES } from './all.js';

/** What is known of an option. */
export interface CommandOption {
  readonly type?: string;
  readonly array?: boolean;
  readonly choices?: readonly string[];
  readonly describe?: string;
  readonly default?: unknown;
  readonly demandOption?: boolean;
}

/** An option or a positional argument, with its name. */
export interface NamedOption {
  readonly name: string;
  readonly option: CommandOption;
}

/** A command, or a subcommand that can be run. */
export interface Command {
  /** `['store', 'ls']` */
  readonly words: readonly string[];
  /** Positional arguments as yargs writes them: `['<run>']`. */
  readonly arguments: readonly string[];
  /** With arguments and options that must be given: `run <config> --strategy <strategy> [options]`. */
  readonly usage: string;
  readonly describe: string;
  readonly positionals: readonly NamedOption[];
  readonly options: readonly NamedOption[];
  readonly examples: readonly { readonly command: string; readonly note: string }[];
  /** Declares positionals and options. */
  readonly builder: (args: Argv) => unknown;
}

/** What a builder declares. */
interface Declared {
  readonly positionals: NamedOption[];
  readonly options: NamedOption[];
  readonly examples: { command: string; note: string }[];
  readonly commands: CommandModule[];
}

/** All commands that can be run and are not hidden, subcommands in place of their parents. */
export function commandTree(): readonly Command[] {
  return MODULES.flatMap((module) => commandsOf(module, []));
}

function commandsOf(module: CommandModule, before: readonly string[]): readonly Command[] {
  const text = String(Array.isArray(module.command) ? module.command[0] : module.command);
  const [first = '', ...rest] = text.split(' ');
  const words = first === '$0' ? before : [...before, first];
  if (module.describe === false) return [];
  const builder = typeof module.builder === 'function' ? module.builder : (args: Argv) => args;
  const declared = declaredBy(builder);
  if (declared.commands.length > 0) return declared.commands.flatMap((one) => commandsOf(one, words));
  const needed = declared.options
    .filter(({ option }) => option.demandOption)
    .flatMap(({ name }) => [`--${name}`, `<${name}>`]);
  const others = declared.options.length * 2 > needed.length ? ['[options]'] : [];
  const usage = [...words, ...rest, ...needed, ...others].join(' ');
  return [{ words, arguments: rest, usage, describe: String(module.describe), ...declared, builder }];
}

/** Runs a builder with a recorder in place of yargs. */
function declaredBy(builder: (args: Argv) => unknown): Declared {
  const declared: Declared = { positionals: [], options: [], examples: [], commands: [] };
  const record = {
    positional: (name: string, option: Options) => declared.positionals.push({ name, option: option as CommandOption }),
    option: (name: string, option: Options) =>
      option.hidden || declared.options.push({ name, option: option as CommandOption }),
    example: (command: string, note: string) =>
      declared.examples.push({ command: command.replace('$0', 'npx branchline'), note }),
    command: (module: CommandModule) => declared.commands.push(module),
  };
  // What else a builder calls, such as `check`, declares nothing that is shown.
  const recorder: Argv = new Proxy({} as Argv, {
    get:
      (_, name) =>
      (...args: unknown[]) => {
        (record as Record<string | symbol, ((...args: never[]) => unknown) | undefined>)[name]?.(...(args as never[]));
        return recorder;
      },
  });
  builder(recorder);
  return declared;
}

/** Commands with subcommands that do something without one: they list. */
const ALONE: readonly string[] = ['plugins', 'trainers'];

/** Parses a command line, without `branchline`, and runs nothing. Returns what is wrong with it, if anything. */
export async function problemOf(words: readonly string[]): Promise<string | undefined> {
  const command = commandTree()
    .filter((one) => one.words.every((word, index) => words[index] === word))
    .sort((one, other) => other.words.length - one.words.length)[0];
  if (words.length === 1 && ALONE.includes(words[0]!)) return undefined;
  if (command === undefined) return `there is no command "${words.slice(0, 2).join(' ')}"`;
  const rest = words.slice(command.words.length);
  let problem: string | undefined;
  await yargs([...rest])
    .command({
      command: ['$0', ...command.arguments].join(' '),
      builder: command.builder as (args: Argv) => Argv,
      handler: () => undefined,
    })
    .option('json', { type: 'boolean' })
    .option('debug', { type: 'boolean' })
    .help(false)
    .option('help', { type: 'boolean' })
    .version(false)
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      problem ??= message ?? error?.message ?? 'it cannot be parsed';
    })
    .parseAsync();
  return problem;
}
