import { BranchlineError, didYouMean } from '@branchline/core';
import type { ReleaseResult, Results, StrategyResult } from '@branchline/evaluation';

/** A release of a run, by what users call it. */
export interface WantedRelease {
  readonly strategy: string;
  /** Name of the version, or its number from 1. Default: the last version. */
  readonly version?: string | number;
  /** Seed of the training. Default: the first of the run. */
  readonly seed?: number;
}

/** A release with its strategy. */
export interface FoundRelease {
  readonly strategy: StrategyResult;
  readonly release: ReleaseResult;
}

/** Finds a release in results. Throws a BranchlineError that says what there is instead. */
export function findRelease(results: Results, wanted: WantedRelease): FoundRelease {
  const { partial, data, experiment } = results;
  const strategy = findStrategy(results, wanted);
  const { releases } = strategy;
  const index = wanted.version === undefined ? undefined : indexOf(results, wanted.version);
  const release = wanted.version === undefined ? releases.at(-1) : releases.find(({ version }) => version === index);
  if (release !== undefined) return { strategy, release };
  const versions = releases.map(({ version }) => version).join(', ');
  if (partial !== undefined && (wanted.version === undefined || (index ?? Infinity) <= data.versions.length)) {
    const which = wanted.version === undefined ? 'a version' : `version ${wanted.version}`;
    throw new BranchlineError('store', {
      message: `"${strategy.name}" has not released ${which} yet: the run is not finished (${partial.releases} of ${partial.of} releases)`,
      remedy: `${versions === '' ? '' : `It has released ${versions}. `}To continue: ${experiment.command}`,
    });
  }
  throw new BranchlineError('config', {
    message: `"${strategy.name}" has no version ${wanted.version}`,
    remedy: `It has versions ${versions}.`,
  });
}

function findStrategy({ strategies, failures, seeds }: Results, wanted: WantedRelease): StrategyResult {
  const names = strategies.map(({ name }) => name);
  const found = strategies.filter(({ name }) => name === wanted.strategy);
  const strategy = wanted.seed === undefined ? found[0] : found.find(({ seed }) => seed === wanted.seed);
  if (strategy !== undefined) return strategy;
  if (found.length > 0) {
    const message = `results.json has no seed ${wanted.seed} of "${wanted.strategy}"`;
    throw new BranchlineError('config', {
      message,
      remedy: `It has ${found.map(({ seed }) => seed).join(', ')} of ${seeds.join(', ')}.`,
    });
  }
  const failed = failures.some((failure) => failure.strategies.includes(wanted.strategy));
  throw new BranchlineError('config', {
    message: failed
      ? `strategy "${wanted.strategy}" failed, so that it has no releases in results.json`
      : `results.json has no strategy "${wanted.strategy}"`,
    remedy: `${didYouMean(wanted.strategy, names)} A strategy that was trained before is in results.json again after another bench of it.`,
  });
}

/** The number of a version that is given by its name, or by its number. */
function indexOf({ data: { versions } }: Results, version: string | number): number | undefined {
  const named = versions.find(({ name }) => name === version);
  if (named !== undefined) return named.index;
  return /^\d+$/.test(String(version)) ? Number(version) : undefined;
}

/** A release whose checkpoint is not stored. */
export function notStored(run: string, { strategy, release }: FoundRelease, { experiment }: Results): BranchlineError {
  const { version, checkpoint } = release;
  return new BranchlineError('store', {
    message: `checkpoint ${checkpoint.slice(0, 12)}, release ${version} of "${strategy.name}", is not stored in ${run}`,
    remedy: `It was deleted. Run the experiment again, which trains what is missing: ${experiment.command}`,
  });
}
