/** Experiment files and plugins that are modules. They are code: whoever runs or names one trusts it. What goes wrong in it is still told as what it is. */
import { relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BranchlineError, didYouMean, messageOf } from '@branchline/core';
import { locateSyntaxError } from './syntax.js';
import { readTextFile } from './text-file.js';

/**
 * Runs a TypeScript or JavaScript experiment file and gives its default export, awaited. Throws a BranchlineError (`config`), with the
 * line where it is known, for a module that throws, ends the process or has not finished after `patience` milliseconds.
 */
export async function loadConfigModule(file: string, patience: number): Promise<unknown> {
  const config = await importModule(file, patience, readDefault);
  const shown = shownPath(file);
  if (typeof config === 'function') {
    const remedy = 'Export the experiment itself: export default defineExperiment({ ... }).';
    throw new BranchlineError('config', { message: `${shown} exports a function`, remedy });
  }
  if (config !== undefined) return config;
  const remedy = 'Write: export default defineExperiment({ ... }).';
  throw new BranchlineError('config', { message: `${shown} has no default export`, remedy });
}

async function readDefault(module: Readonly<Record<string, unknown>>): Promise<unknown> {
  const config = await module.default;
  // A copy, so that a getter that throws does it here, where it is the file's.
  return typeof config === 'object' && config !== null && !Array.isArray(config) ? { ...config } : config;
}

/**
 * Runs a module and gives what `read` finds in its exports. Whatever goes wrong in either is thrown as a BranchlineError (`config`) with
 * its place in the file, as is a module that has not finished after `patience` milliseconds.
 */
export async function importModule<T>(
  file: string,
  patience: number,
  read: (module: Readonly<Record<string, unknown>>) => T | Promise<T>,
): Promise<T> {
  const work = async () => read((await import(pathToFileURL(file).href)) as Record<string, unknown>);
  try {
    return await watched(work, patience);
  } catch (cause) {
    const shown = shownPath(file);
    const text = await readTextFile(shown, file).catch(() => '');
    const syntax = await locateSyntaxError(file, text);
    if (syntax !== undefined) {
      const message = `${shown}:${syntax.line}:${syntax.column}: ${syntax.message}`;
      throw new BranchlineError('config', { message }, { cause });
    }
    const message = `${shown}${placeIn(file, cause)}: ${messageOf(cause)}`;
    const remedy = await remedyFor(messageOf(cause));
    throw new BranchlineError('config', { message, ...(remedy && { remedy }) }, { cause });
  }
}

/** A file as a person at this place would call it. */
function shownPath(file: string): string {
  return relative(process.cwd(), file) || file;
}

/** Rejects when the work does, when it takes too long, and when it would end the process behind our back. */
async function watched<T>(work: () => Promise<T>, patience: number): Promise<T> {
  const exit = Object.getOwnPropertyDescriptor(process, 'exit')!;
  let stray: ((error: unknown) => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const trouble = new Promise<never>((_, reject) => {
    stray = reject;
    const message = `has not finished after ${patience / 1000} s; look at what it awaits, and at the promise it exports`;
    timer = setTimeout(() => reject(new Error(message)), patience);
  });
  process.on('uncaughtException', stray!);
  process.exit = (code) => {
    throw new Error(`ends the process: process.exit(${code ?? ''})`);
  };
  try {
    return await Promise.race([work(), trouble]);
  } finally {
    clearTimeout(timer);
    Object.defineProperty(process, 'exit', exit);
    process.off('uncaughtException', stray!);
  }
}

/** `:line:column` of the deepest place in the file that an error came through. */
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

async function remedyFor(message: string): Promise<string | undefined> {
  const absent = /^Cannot find package '([^']+)'/.exec(message)?.[1];
  if (absent !== undefined) return `Install it where the file is: npm install ${absent}`;
  const missing = /requested module 'branchline' does not provide an export named '(\w+)'/.exec(message)?.[1];
  if (missing === undefined) return undefined;
  const own = (await import('../index.js')) as Record<string, unknown>;
  return didYouMean(missing, Object.keys(own));
}
