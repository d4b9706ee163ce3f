/** Turns the input of the API, a definition or a file, into a checked experiment. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BranchlineError, didYouMean } from '@branchline/core';
import { type CheckedExperiment, checkExperiment } from '../config/check.js';
import type { ExperimentConfig } from '../config/define.js';
import { loadConfig } from '../config/load.js';
import type { ModuleLoading } from '../files/module.js';
import type { ExperimentListener } from './events.js';
import { checkCanBeFolder } from './run-directory.js';

/** An experiment: the result of `defineExperiment`, or the path of a file (.ts, .js, .json, .yaml). */
export type ExperimentInput = ExperimentConfig | string | URL;

/** Options of all functions that take an experiment. */
export interface ExperimentOptions {
  /** Directory of all runs, each in a folder with its name. Default `runs`. */
  readonly runs?: string;
  /** Base directory of relative paths in the experiment. Default: the file's folder, else the working directory. */
  readonly directory?: string;
  /**
   * The experiment's file: a run directory belongs to it. Default: the path, if the experiment is given as one. Without
   * a file, the directory belongs to the text of the experiment.
   */
  readonly file?: string;
  /** Name of an experiment without one. Default: the file's name, else `experiment`. */
  readonly name?: string;
  /**
   * Names of the strategies to keep. If the baseline is not among them, the first becomes the baseline. Default: all.
   */
  readonly only?: readonly string[];
  /**
   * Takes states that an equal trainer stored in the run directory on another processor, instead of training them
   * again. Releases that rest on them name their processors. Default false.
   */
  readonly reuseFromOtherProcessors?: boolean;
  /** Aborting stops after the current step with a BranchlineError (`interrupted`). Trained steps are stored. */
  readonly signal?: AbortSignal;
  readonly onEvent?: ExperimentListener;
  /** How code is loaded: experiment files, and plugins and trainers that are named. */
  readonly loading?: ModuleLoading;
}

/** The content of an experiment file, not checked yet. */
export interface LoadedExperiment {
  readonly experiment: ExperimentConfig;
  /** The file. Absent for an experiment without one. */
  readonly file?: string;
  /** The file's folder. */
  readonly directory: string;
  /** The file's name without `.config.ts` and similar endings. */
  readonly name: string;
}

/**
 * Reads an experiment file, so that a program can change parts of it: `bench({ ...loaded.experiment, seeds: 5 },
 * loaded)`. Throws a BranchlineError (`config`) for a file that cannot be read.
 */
export async function loadExperiment(path: string | URL, loading?: ModuleLoading): Promise<LoadedExperiment> {
  const file = resolve(pathOf(path));
  const { config, baseDirectory, defaultName } = await loadConfig(pathOf(path), loading);
  return { experiment: config as ExperimentConfig, file, directory: baseDirectory, name: defaultName };
}

/**
 * Loads and checks an experiment. Throws one BranchlineError (`config`) with all problems, or `interrupted` if the
 * signal is aborted.
 */
export async function checkInput(input: ExperimentInput, options: ExperimentOptions): Promise<CheckedExperiment> {
  const { loading, only, signal, runs = 'runs' } = options;
  const loaded: Partial<LoadedExperiment> =
    typeof input === 'string' || input instanceof URL ? await loadExperiment(input, loading) : { experiment: input };
  const checked = await checkExperiment(loaded.experiment, {
    baseDirectory: options.directory ?? loaded.directory ?? process.cwd(),
    defaultName: options.name ?? loaded.name ?? 'experiment',
    loading,
  });
  await checkCanBeFolder(join(runs, checked.spec.name));
  throwIfAborted(signal);
  return only === undefined ? checked : keepOnly(checked, only);
}

const pathOf = (input: string | URL) => (typeof input === 'string' ? input : fileURLToPath(input));

/** The file of an experiment; undefined without one. */
export function fileOf(input: ExperimentInput, { file }: ExperimentOptions): string | undefined {
  return file ?? (typeof input === 'string' || input instanceof URL ? pathOf(input) : undefined);
}

/** Throws a BranchlineError (`interrupted`) if the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new BranchlineError('interrupted', { message: 'was interrupted', remedy: 'The same call continues.' });
}

/** Keeps the named strategies. If the baseline is not among them, the first becomes the baseline. */
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
