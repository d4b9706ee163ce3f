/** Converts command-line arguments to the input of the API. */
import { basename, isAbsolute, relative, resolve } from 'node:path';
import {
  type BenchOptions,
  type ExperimentConfig,
  type ExperimentOptions,
  type LoadedExperiment,
  loadExperiment,
} from '@branchline/api';
import { BranchlineError } from '@branchline/core';
import type { DataConfig } from '@branchline/data';
import type { ExperimentArguments } from './arguments.js';
import { jobStart } from './job-start.js';
import { LOADING } from './module-guard.js';
import { parseStrategies } from './strategies-string.js';

/** An experiment with the options of the API that the command line sets. */
export interface ReadExperiment
  extends LoadedExperiment,
    Pick<ExperimentOptions, 'only' | 'loading'>,
    Required<Pick<BenchOptions, 'jobs'>> {}

/** Loads an experiment and replaces the parts that were given as arguments. Only the arguments are checked here. */
export async function readExperiment(args: ExperimentArguments): Promise<ReadExperiment> {
  if (args.runs?.trim() === '') {
    throw new BranchlineError('config', {
      message: '--runs names no directory',
      remedy: 'Name one, for example runs.',
    });
  }
  if (args.data?.some((path) => path.trim() === '')) {
    throw new BranchlineError('config', {
      message: '--data names no text',
      remedy: 'Name files, folders or globs with text.',
    });
  }
  const loaded = args.config === undefined ? withoutFile(args) : await loadExperiment(args.config, LOADING);
  const experiment = withArguments(loaded.experiment, args) as ExperimentConfig;
  return { ...loaded, experiment, only: args.only, loading: LOADING, jobs: jobStart(args) };
}

/** An experiment on the given text that a laptop trains in minutes. */
function withoutFile({ data, strategies }: ExperimentArguments): LoadedExperiment {
  if (data === undefined || data.length === 0 || strategies === undefined) {
    throw new BranchlineError('config', {
      message: 'name an experiment file, or give both --data and --strategies',
      remedy: 'branchline bench --data ./texts --strategies "from-scratch, continual, path-switching"',
    });
  }
  const config: Omit<ExperimentConfig, 'strategies'> = {
    model: { layers: 2, width: 96, heads: 4, context: 128 },
    data: { sources: [], versions: { by: 'random', count: 4 }, score: 'diversity' },
  };
  const name = basename(resolve(data[0]!))
    .replace(/[^\p{L}\p{N}_-]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return { experiment: config as ExperimentConfig, directory: process.cwd(), name: name || 'bench' };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function withArguments(config: unknown, args: ExperimentArguments): unknown {
  const { data, runs, strategies, seed, seeds, budget, prices, disk, lanes, on, log, trainer } = args;
  if (typeof config !== 'object' || config === null) return config;
  const changed: Record<string, unknown> = { ...config };
  if (data !== undefined && data.length > 0) {
    changed.data = { ...(changed.data as object | undefined), sources: sourcesOf(data, runs) };
  }
  if (strategies !== undefined) {
    changed.strategies = parseStrategies(strategies);
    delete changed.baseline;
    // Claims are about the strategies of the file, which were replaced.
    if (typeof changed.compare === 'object') changed.compare = { ...changed.compare, claims: {} };
  }
  if (seed !== undefined) {
    changed.seed = seed;
    // A seed on the command line replaces the list of the file.
    if (Array.isArray(changed.seeds)) delete changed.seeds;
  }
  if (seeds !== undefined) changed.seeds = parseSeeds(seeds);
  if (budget !== undefined) changed.budget = budget;
  if (prices !== undefined) changed.prices = resolve(prices);
  if (disk !== undefined) changed.disk = disk;
  if (lanes !== undefined) changed.lanes = lanes;
  // The file's settings of the cluster hold.
  if (on !== undefined && !(isObject(changed.on) && on in changed.on)) changed.on = on;
  // Paths are relative to the working directory, not to the experiment file.
  const fromHere = (name: string) => (/^\.{1,2}[/\\]/.test(name) ? resolve(name) : name);
  if (log !== undefined) changed.log = withLoggers(changed.log, log.map(fromHere));
  if (trainer !== undefined) changed.trainer = fromHere(trainer);
  return changed;
}

/** The loggers of a file and further ones; a name that the file has keeps its options. */
function withLoggers(value: unknown, names: readonly string[]): readonly unknown[] {
  const loggers: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value];
  const known = loggers.map((of) => {
    const logger = isObject(of) && 'logger' in of ? of.logger : of;
    return isObject(logger) && 'name' in logger ? logger.name : logger;
  });
  return [...loggers, ...names.filter((name) => !known.includes(name))];
}

/**
 * Parses a number of seeds or a list. Anything else is returned as it is, for the check of the experiment to report.
 */
export function parseSeeds(text: string): unknown {
  const numbers = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : part));
  return numbers.length === 1 ? numbers[0] : numbers;
}

/** Sources for `--data`. A pattern that begins with `!` excludes files from each of them. */
function sourcesOf(data: readonly string[], runs: string | undefined): DataConfig['sources'] {
  // Relative to the working directory, not to the experiment file.
  const wanted = data.filter((path) => !path.startsWith('!')).map((path) => resolve(path));
  const without = data.filter((path) => path.startsWith('!')).map((path) => `!${resolve(path.slice(1))}`);
  if (runs !== undefined && wanted.some((path) => liesIn(resolve(runs), path))) without.push(`!${resolve(runs)}`);
  return without.length === 0 ? wanted : wanted.map((path) => ({ files: [path, ...without] }));
}

function liesIn(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
