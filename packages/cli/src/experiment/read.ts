/** From the command line to what the API takes. */
import { basename, isAbsolute, relative, resolve } from 'node:path';
import { type ExperimentConfig, type ExperimentOptions, type LoadedExperiment, loadExperiment } from '@branchline/api';
import { BranchlineError } from '@branchline/core';
import type { DataConfig } from '@branchline/data';
import { LOADING } from './module-guard.js';
import { parseStrategies } from './strategies-string.js';

/** What the command line can say of an experiment. */
export interface ExperimentArguments {
  readonly config?: string;
  readonly data?: readonly string[];
  /** Directory of all runs: whatever text `data` names, what was trained on it is none. */
  readonly runs?: string;
  readonly strategies?: string;
  readonly seed?: number;
  /** How many, or which: `5`, `1,4,9`. */
  readonly seeds?: string;
  readonly budget?: string;
  /** File with prices, relative to where the command was typed. */
  readonly prices?: string;
  readonly disk?: string;
  /** Names of the strategies to keep. */
  readonly only?: readonly string[];
}

/** An experiment as the API takes it, with the options that the command line decides. */
export interface ReadExperiment extends LoadedExperiment, Pick<ExperimentOptions, 'only' | 'loading'> {}

/** Loads an experiment and puts what was typed in place of its parts. Checked is only what was typed. */
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
  return { ...loaded, experiment, only: args.only, loading: LOADING };
}

/** An experiment of a size that a laptop trains in minutes, around the user's text. */
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

function withArguments(config: unknown, args: ExperimentArguments): unknown {
  const { data, runs, strategies, seed, seeds, budget, prices, disk } = args;
  if (typeof config !== 'object' || config === null) return config;
  const changed: Record<string, unknown> = { ...config };
  if (data !== undefined && data.length > 0) {
    changed.data = { ...(changed.data as object | undefined), sources: sourcesOf(data, runs) };
  }
  if (strategies !== undefined) {
    changed.strategies = parseStrategies(strategies);
    delete changed.baseline;
    // Claims are about the strategies of the file.
    if (typeof changed.compare === 'object') changed.compare = { ...changed.compare, claims: {} };
  }
  if (seed !== undefined) {
    changed.seed = seed;
    // One that is typed stands for those of the file.
    if (Array.isArray(changed.seeds)) delete changed.seeds;
  }
  if (seeds !== undefined) changed.seeds = parseSeeds(seeds);
  if (budget !== undefined) changed.budget = budget;
  if (prices !== undefined) changed.prices = resolve(prices);
  if (disk !== undefined) changed.disk = disk;
  return changed;
}

/** A number of seeds, or a list of them; what is neither is left to the check of the file. */
export function parseSeeds(text: string): unknown {
  const numbers = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : part));
  return numbers.length === 1 ? numbers[0] : numbers;
}

/** The sources that `--data` names; what begins with `!` is taken out of each of them. */
function sourcesOf(data: readonly string[], runs: string | undefined): DataConfig['sources'] {
  // Typed on the command line, so relative to where it was typed.
  const wanted = data.filter((path) => !path.startsWith('!')).map((path) => resolve(path));
  const without = data.filter((path) => path.startsWith('!')).map((path) => `!${resolve(path.slice(1))}`);
  if (runs !== undefined && wanted.some((path) => liesIn(resolve(runs), path))) without.push(`!${resolve(runs)}`);
  return without.length === 0 ? wanted : wanted.map((path) => ({ files: [path, ...without] }));
}

function liesIn(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..') && !isAbsolute(way);
}
