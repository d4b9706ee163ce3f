/** From what a program gives, a definition or a file, to a checked experiment. */
import { fileURLToPath } from 'node:url';
import { BranchlineError, didYouMean } from '@branchline/core';
import { type CheckedExperiment, checkExperiment } from '../config/check.js';
import type { ExperimentConfig } from '../config/define.js';
import { loadConfig } from '../config/load.js';
import type { ModuleLoading } from '../files/module.js';
import type { ExperimentListener } from './events.js';

/** An experiment: what `defineExperiment` gives, or the path of a file (.ts, .js, .json, .yaml) that holds one. */
export type ExperimentInput = ExperimentConfig | string | URL;

/** Options that every function on experiments takes. */
export interface ExperimentOptions {
  /** Directory of all runs; a run is in the folder with its name. Default `runs`. */
  readonly runs?: string;
  /** What paths in the experiment are relative to. Default: the file's folder; without a file the working directory. */
  readonly directory?: string;
  /** The name of an experiment that has none. Default: the file's name; without a file `experiment`. */
  readonly name?: string;
  /** Names of the strategies to keep; without the baseline the first of them takes its place. Default: all. */
  readonly only?: readonly string[];
  /** Aborting stops after the current step with a BranchlineError (`interrupted`); what was trained is stored. */
  readonly signal?: AbortSignal;
  readonly onEvent?: ExperimentListener;
  /** How code is loaded: experiment files, and plugins and trainers that are named. */
  readonly loading?: ModuleLoading;
}

/** An experiment of a file, as it was written: nothing is checked yet. */
export interface LoadedExperiment {
  readonly experiment: ExperimentConfig;
  /** The file's folder. */
  readonly directory: string;
  /** The file's name without `.config.ts` and the like. */
  readonly name: string;
}

/**
 * Reads an experiment file, for programs that change parts of it: `bench({ ...loaded.experiment, seeds: 5 }, loaded)`.
 * Throws a BranchlineError (`config`) for a file that cannot be read.
 */
export async function loadExperiment(path: string | URL, loading?: ModuleLoading): Promise<LoadedExperiment> {
  const { config, baseDirectory, defaultName } = await loadConfig(
    typeof path === 'string' ? path : fileURLToPath(path),
    loading,
  );
  return { experiment: config as ExperimentConfig, directory: baseDirectory, name: defaultName };
}

/** Throws one BranchlineError (`config`) with everything that is wrong, and `interrupted` for an aborted signal. */
export async function checkInput(input: ExperimentInput, options: ExperimentOptions): Promise<CheckedExperiment> {
  const { loading, only, signal } = options;
  const loaded: Partial<LoadedExperiment> =
    typeof input === 'string' || input instanceof URL ? await loadExperiment(input, loading) : { experiment: input };
  const checked = await checkExperiment(loaded.experiment, {
    baseDirectory: options.directory ?? loaded.directory ?? process.cwd(),
    defaultName: options.name ?? loaded.name ?? 'experiment',
    loading,
  });
  throwIfAborted(signal);
  return only === undefined ? checked : keepOnly(checked, only);
}

/** Throws a BranchlineError (`interrupted`) for a signal that was aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new BranchlineError('interrupted', { message: 'was interrupted', remedy: 'The same call continues.' });
}

/** Drops strategies; without the baseline the first that is left takes its place. */
function keepOnly(checked: CheckedExperiment, names: readonly string[]): CheckedExperiment {
  const { spec } = checked;
  const known = spec.strategies.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new BranchlineError(
      'config',
      unknown.map((name) => ({ message: `no strategy is called "${name}"`, remedy: didYouMean(name, known) })),
    );
  }
  if (names.length === 0) {
    throw new BranchlineError('config', {
      message: 'no strategy is left',
      remedy: `Name some of ${known.join(', ')}.`,
    });
  }
  const strategies = spec.strategies.filter(({ name }) => names.includes(name));
  const baseline = names.includes(spec.baseline) ? spec.baseline : strategies[0]!.name;
  return { ...checked, spec: { ...spec, strategies, baseline } };
}
