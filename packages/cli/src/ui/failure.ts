import {
  BranchlineError,
  didYouMean,
  diskError,
  formatProblem,
  messageOf,
  nearest,
  type Problem,
} from '@branchline/core';
import { EXIT, exitCodeOf } from '../exit-codes.js';
import { printable } from './printable.js';
import { styleFor } from './style.js';

/** Options of `showFailure`. */
export interface FailureOptions {
  readonly json: boolean;
  readonly debug: boolean;
}

/** Prints the error that ended a command and returns the exit code. A stack trace is shown only with `--debug`. */
export function showFailure(error: unknown, { json, debug }: FailureOptions): number {
  const style = styleFor(process.stderr);
  const known = asKernelError(error);
  const code = known === undefined ? EXIT.internal : exitCodeOf(known.code);
  const problems: readonly Problem[] = known?.problems ?? [
    {
      message: `an error of Branchline itself: ${messageOf(error)}`,
      remedy: 'Run it again with --debug to see where; please report it with that output.',
    },
  ];
  if (json) {
    const kind = known?.code ?? 'internal';
    process.stdout.write(`${JSON.stringify({ error: { code: kind, exitCode: code, problems } }, null, 2)}\n`);
  }
  if (known?.code !== 'interrupted') {
    process.stderr.write(`${style.red(style.bold(titleOf(known, problems.length)))}\n\n`);
  }
  process.stderr.write(`${listProblems(problems, style)}\n`);
  if (debug) process.stderr.write(`\n${stackText(error)}\n`);
  return code;
}

/** Prints an error for a command line that cannot be parsed. */
export function showUsage(message: string, options: readonly string[], json: boolean): void {
  const listed = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(', ') ?? [];
  // yargs lists an option with hyphens again in camel case.
  const camel = (name: string) => name.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());
  const unknown = listed.filter((name) => !listed.some((other) => other !== name && camel(other) === name));
  const problems: Problem[] =
    unknown.length === 0
      ? [{ message, remedy: 'branchline --help lists commands, branchline <command> --help its options.' }]
      : unknown.map((name) => ({
          message: `there is no option or argument "${name}" here`,
          remedy: remedyFor(name, options),
        }));
  showMisuse(problems, json);
}

/** `options` are those of all commands. */
function remedyFor(name: string, options: readonly string[]): string {
  if (options.includes(name)) return 'Another command has it: see branchline <command> --help.';
  return nearest(name, options) === undefined ? 'See branchline <command> --help.' : didYouMean(name, options);
}

/** Prints an error for an unknown command. */
export function showUnknownCommand(command: string, commands: readonly string[], json: boolean): void {
  showMisuse([{ message: `there is no command "${command}"`, remedy: didYouMean(command, commands) }], json);
}

function showMisuse(problems: readonly Problem[], json: boolean): void {
  if (json) {
    const error = { code: 'config', exitCode: EXIT.config, problems };
    process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
  }
  process.stderr.write(`${listProblems(problems, styleFor(process.stderr))}\n`);
}

/** Problems as paragraphs, numbered if there are several. */
export function listProblems(problems: readonly Problem[], style: { dim(text: string): string }): string {
  return problems
    .map((problem, index) => {
      const number = problems.length > 1 ? `${String(index + 1).padStart(3)}. ` : '';
      const [first, ...rest] = printable(formatProblem(problem)).split('\n');
      const indent = ' '.repeat(number.length || 2);
      return [`${number}${first}`, ...rest.map((line) => style.dim(`${indent}${line.trim()}`))].join('\n');
    })
    .join('\n');
}

function titleOf(error: BranchlineError | undefined, count: number): string {
  const problems = count === 1 ? 'A problem' : `${count} problems`;
  if (error === undefined) return 'An error occurred.';
  if (error.code === 'config') return `${problems}; nothing was started.`;
  if (error.code === 'data') return `${problems} with the text.`;
  return 'Stopped.';
}

/** Converts errors of other packages to the kernel's form; undefined for unexpected errors. */
function asKernelError(error: unknown): BranchlineError | undefined {
  if (error instanceof BranchlineError) return error;
  const full = diskError(error);
  if (full !== undefined) return full;
  const { syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === undefined || path === undefined) return undefined;
  const remedy = 'Check that the path exists and its permissions.';
  return new BranchlineError('store', { message: messageOf(error), remedy }, { cause: error });
}

/**
 * The stacks of an error and of its causes. Of an error that a plugin threw, only those of its causes: they lead to the
 * author's own code, and the kernel's error around them says no more than its message.
 */
export function stackText(error: unknown): string {
  return printable(stacksOf(error).join('\ncaused by ') || String(error));
}

function stacksOf(error: unknown): readonly string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(stacksOf);
  if (!(error instanceof Error)) return [];
  const wraps = error instanceof BranchlineError && error.code === 'plugin' && error.cause instanceof Error;
  return [...(wraps ? [] : [error.stack ?? String(error)]), ...stacksOf(error.cause)];
}
