/** The command line: parses arguments, runs the command, and turns errors into a message and an exit code. */
import yargs from 'yargs';
import { MODULES } from './commands/all.js';
import { OPTION_NAMES } from './commands/common.js';
import { EXIT, EXIT_MEANINGS } from './exit-codes.js';
import { VERSION } from './version.js';

/** Options that may be repeated; `_` holds the positional arguments. */
const LISTS = new Set(['_', 'data', 'reference', 'target', 'only', 'for', 'curves', 'vary', 'stop', 'log']);

/** Thrown for a command line that cannot be parsed. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

class UnknownCommand extends UsageError {
  constructor(readonly command: string) {
    super(`there is no command "${command}"`);
  }
}

const COMMANDS = [
  'init',
  'bench',
  'plan',
  'optimize',
  'update',
  'run',
  'reproduce',
  'lr',
  'report',
  'generate',
  'ledger',
  'status',
  'watch',
  'store',
  'plugins',
  'trainers',
  'fit-loss',
  'doctor',
  'backend',
];

/** That an argument is no number: `--lanes takes a number, not "x"`. A positional one is named without its word. */
function notNumber(args: readonly string[], name: string): string {
  const joined = args.find((word) => word.startsWith(`--${name}=`));
  const place = args.indexOf(`--${name}`);
  if (joined === undefined && place === -1) return `${name} takes a number`;
  const word = joined?.slice(name.length + 3) ?? args[place + 1];
  return `--${name} takes a number${word === undefined ? '' : `, not ${JSON.stringify(word)}`}`;
}

/** Runs one command. Sets `process.exitCode`. */
export async function main(args: readonly string[]): Promise<void> {
  // A reader that closes the pipe early (`| head`) is not an error. Nor is a terminal that was closed: what runs in it
  // gets SIGHUP, and stops in an orderly way.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EIO') return;
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  }
  const command = args.find((word) => !word.startsWith('-'));
  const parser = yargs([...args])
    .scriptName('branchline')
    .usage(
      '$0 <command>\n\nCompares, composes and runs continual pre-training strategies: trains every version of a language model with each of them, what they share only once, and shows quality and bill.',
    )
    .command([...MODULES])
    .option('json', { type: 'boolean', default: false, describe: 'Print only JSON on standard output' })
    .option('debug', { type: 'boolean', default: false, describe: 'Show stack traces' })
    .version(VERSION)
    .alias('help', 'h')
    .demandCommand(
      1,
      1,
      'Say what to do: init, bench, plan, optimize, update, run, reproduce, lr, report, generate, ledger, status, watch, store, plugins, trainers, fit-loss, doctor or backend.',
    )
    .strict()
    .check((parsed) => {
      for (const [name, value] of Object.entries(parsed)) {
        if (Array.isArray(value) && !LISTS.has(name)) throw new UsageError(`--${name} can be given once`);
        if (Number.isNaN(value)) throw new UsageError(notNumber(args, name));
      }
      return true;
    })
    .wrap(process.stdout.isTTY ? Math.min(110, process.stdout.columns) : 100)
    .epilogue(
      `Exit codes:\n${EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join('\n')}`,
    )
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (error && !message) throw error;
      if (command !== undefined && ![...COMMANDS, 'job'].includes(command)) throw new UnknownCommand(command);
      throw new UsageError(message ?? error?.message);
    });

  let json = args.includes('--json');
  let debug = args.includes('--debug');
  try {
    const parsed = (await parser.parse()) as { json?: boolean; debug?: boolean };
    json = parsed.json ?? json;
    debug = parsed.debug ?? debug;
  } catch (error) {
    if (error instanceof UsageError) {
      process.exitCode = EXIT.config;
      const { showUnknownCommand, showUsage } = await import('./ui/failure.js');
      if (error instanceof UnknownCommand) showUnknownCommand(error.command, COMMANDS, json);
      else showUsage(error.message, OPTION_NAMES, json);
    } else {
      const { showFailure } = await import('./ui/failure.js');
      process.exitCode = showFailure(error, { json, debug });
    }
  }
}
