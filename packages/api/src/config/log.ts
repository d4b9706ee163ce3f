/** The `log` of an experiment: loggers and their options. */
import { resolve } from 'node:path';
import { BranchlineError, type LoggerDefinition, type LoggerUse, type Problem } from '@branchline/core';
import type { OpenableLogger } from '@branchline/logging';
import { isObject } from '../files/objects.js';
import type { LoggerFinder } from '../registry/loggers.js';
import { unknownKey } from './issues.js';
import { checkOptions } from './option-issues.js';

/** A logger: a call such as `tensorboard()`, or a name, package or path, with or without options. */
export type LoggerEntry =
  | LoggerUse
  | string
  | { readonly logger: string; readonly options?: Readonly<Record<string, unknown>> };

/** The type of `log` in an experiment file: a logger, or several. */
export type LogConfig = LoggerEntry | readonly LoggerEntry[];

/** Where loggers are found, and the list that problems are added to. */
interface Reading {
  readonly finder: LoggerFinder;
  readonly problems: Problem[];
}

const HOW = "Write a call such as tensorboard(), a name, or { logger: 'mlflow', options: {...} }.";

/** Finds the loggers and validates their options. Adds problems to the list and returns the valid rest. */
export async function readLog(value: unknown, reading: Reading): Promise<readonly OpenableLogger[]> {
  if (value === undefined) return [];
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  const loggers: OpenableLogger[] = [];
  // Sequential, so that an error is never attributed to another module that is loading.
  for (const [index, entry] of entries.entries()) {
    const logger = await readLogger(entry, Array.isArray(value) ? `log[${index}]` : 'log', reading);
    if (logger !== undefined) loggers.push(logger);
  }
  return loggers;
}

async function readLogger(entry: unknown, configPath: string, reading: Reading): Promise<OpenableLogger | undefined> {
  const { finder, problems } = reading;
  const named = await loggerIn(entry, configPath, reading);
  if (named === undefined) return undefined;
  const { definition } = named;
  const checked = await checkOptions(definition.options, named.options, `${configPath}.options`, problems);
  if (checked === undefined) return undefined;
  return { definition, options: withPaths(definition, checked.value, finder.directory) };
}

async function loggerIn(entry: unknown, configPath: string, reading: Reading) {
  if (typeof entry === 'string') return find(entry, undefined, configPath, reading);
  if (isObject(entry) && typeof entry.logger === 'string') {
    for (const key of Object.keys(entry)) {
      if (!['logger', 'options'].includes(key))
        reading.problems.push(unknownKey(configPath, key, ['logger', 'options']));
    }
    return find(entry.logger, entry.options, configPath, reading);
  }
  if (isObject(entry) && isDefinition(entry.logger)) return { definition: entry.logger, options: entry.options };
  const uncalled = typeof entry === 'function' && isDefinition((entry as { logger?: unknown }).logger);
  reading.problems.push({
    configPath,
    message: uncalled ? 'is a logger that was not called' : 'must be a logger',
    remedy: uncalled ? 'Add parentheses: tensorboard() and not tensorboard.' : HOW,
  });
  return undefined;
}

async function find(name: string, options: unknown, configPath: string, { finder, problems }: Reading) {
  try {
    return { definition: await finder.find(name), options };
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    problems.push(...error.problems.map((problem) => ({ ...problem, configPath })));
    return undefined;
  }
}

/** Relative paths among the options are relative to the experiment file. */
function withPaths({ paths = [] }: LoggerDefinition, options: unknown, directory: string): unknown {
  if (!isObject(options)) return options;
  const resolved = paths
    .filter((name) => typeof options[name] === 'string')
    .map((name) => [name, resolve(directory, options[name] as string)] as const);
  return { ...options, ...Object.fromEntries(resolved) };
}

function isDefinition(value: unknown): value is LoggerDefinition {
  return isObject(value) && typeof value.name === 'string' && typeof value.open === 'function';
}
