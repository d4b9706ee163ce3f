/**
 * Experiment files and plugins that are modules: code, which runs with the rights of this process. Errors are reported
 * with their place in the file.
 */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BranchlineError, didYouMean, messageOf } from '@branchline/core';
import { locateSyntaxError } from './syntax.js';
import { readTextFile } from './text-file.js';

/**
 * Wraps the loading of a module. The command line's guard also rejects if the module ends the process or leaves an
 * error uncaught; the library leaves both to the calling program.
 */
export type ModuleGuard = <T>(work: () => Promise<T>) => Promise<T>;

/** How code is loaded. */
export interface ModuleLoading {
  /** Timeout in milliseconds for loading a module. Default 60000. */
  readonly timeout?: number;
  /** Default: calls the function and nothing else. */
  readonly guard?: ModuleGuard;
}

const TIMEOUT = 60_000;

/** This package by its name: a relative import of the entry, which imports this file, would be a cycle. */
const ENTRY = '@branchline/api';

/**
 * Runs a TypeScript or JavaScript experiment file and returns its default export, awaited. Throws a BranchlineError
 * (`config`), with the line if it is known, if the module throws or times out.
 */
export async function loadConfigModule(file: string, loading: ModuleLoading = {}): Promise<unknown> {
  const config = await importModule(file, loading, readDefault);
  const shown = shownPath(file);
  if (typeof config === 'function') {
    const remedy = 'Export the experiment itself: export default defineExperiment({ ... }).';
    throw new BranchlineError('config', { message: `${shown} exports a function`, remedy });
  }
  if (config !== undefined) return config;
  // Loaders of TypeScript take some names for type declarations, which have no code. That of the command line does not.
  const remedy = /(^|[/.\\])d\.([^./\\]*\.)?[cm]?ts$/.test(file)
    ? 'If it has one, rename the file: loaders take a name with the part "d" for a type declaration.'
    : 'Write: export default defineExperiment({ ... }).';
  throw new BranchlineError('config', { message: `${shown} has no default export`, remedy });
}

async function readDefault(module: Readonly<Record<string, unknown>>): Promise<unknown> {
  const config = await module.default;
  // A copy, so that a getter that throws does so here, where the error is attributed to the file.
  return typeof config === 'object' && config !== null && !Array.isArray(config) ? { ...config } : config;
}

/**
 * Imports a module and returns `read` of its exports. If either throws or the import times out, throws a
 * BranchlineError (`config`) with the place in the file.
 */
export async function importModule<T>(
  file: string,
  { timeout = TIMEOUT, guard = (work) => work() }: ModuleLoading,
  read: (module: Readonly<Record<string, unknown>>) => T | Promise<T>,
): Promise<T> {
  const work = async () => read((await import(pathToFileURL(file).href)) as Record<string, unknown>);
  try {
    return await within(timeout, (late) => guard(() => Promise.race([work(), late])));
  } catch (cause) {
    const shown = shownPath(file);
    const text = await readTextFile(shown, file).catch(() => '');
    const syntax = await locateSyntaxError(file, text);
    if (syntax !== undefined) {
      const message = `${shown}:${syntax.line}:${syntax.column}: ${syntax.message}`;
      throw new BranchlineError('config', { message }, { cause });
    }
    const message = `${shown}${placeIn(file, cause)}: ${messageOf(cause)}`;
    const remedy = await remedyFor(cause);
    throw new BranchlineError('config', { message, ...(remedy && { remedy }) }, { cause });
  }
}

/** The path relative to the working directory. */
export function shownPath(file: string): string {
  return relative(process.cwd(), file) || file;
}

/** Calls `work` with a promise that rejects after the timeout. */
async function within<T>(timeout: number, work: (late: Promise<never>) => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const advice = 'look at what it awaits, and at the promise it exports';
    timer = setTimeout(() => reject(new Error(`has not finished after ${timeout / 1000} s; ${advice}`)), timeout);
  });
  try {
    return await work(late);
  } finally {
    clearTimeout(timer);
  }
}

/** `:line:column` of the innermost stack frame in the file; empty if there is none. */
function placeIn(file: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const names = [file, pathToFileURL(file).href];
  for (const line of stack.split('\n')) {
    for (const name of names) {
      const index = line.indexOf(`${name}:`);
      const place = index < 0 ? null : /^:\d+(:\d+)?/.exec(line.slice(index + name.length));
      if (place) return place[0];
    }
  }
  return '';
}

async function remedyFor(cause: unknown): Promise<string | undefined> {
  const message = messageOf(cause);
  if ((cause as { code?: unknown } | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return 'Start Node with --import @oxc-node/core/register, so that it loads TypeScript, or write the file in JavaScript.';
  }
  const absent = /^Cannot find package '([^']+)'/.exec(message)?.[1];
  if (absent !== undefined) return `Install it where the file is: npm install ${absent}`;
  const missing = /requested module '(?:branchline|@branchline\/api)' does not provide an export named '(\w+)'/.exec(
    message,
  )?.[1];
  if (missing === undefined) return undefined;
  const own = (await import(ENTRY)) as Record<string, unknown>;
  return didYouMean(missing, Object.keys(own));
}
