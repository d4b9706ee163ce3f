/** An experiment of small parts, any of which can be replaced, and a place where it can run. */
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataProvider, type ExperimentSpec, type ModelDescription, type Trainer } from '@branchline/core';
import { type ExperimentParts } from '@branchline/evaluation';
import { type Strategies, specOf } from './plan.js';
import { syntheticData } from './synthetic-data.js';
import { ToyTrainer, toyModel } from './toy-trainer.js';

/** What a small experiment is made of; everything but the strategies has a default. */
export interface SmallExperiment {
  readonly strategies: Strategies;
  /** Default: a new `ToyTrainer`. */
  readonly trainer?: Trainer;
  /** Default: `syntheticData()`. */
  readonly data?: DataProvider;
  /** Default: the toy's. */
  readonly model?: ModelDescription;
  /** Changes to the rest of the spec: batch, rates, seeds, `checkpointEvery`, ... */
  readonly spec?: Partial<Omit<ExperimentSpec, 'strategies'>>;
}

/** Batches of 4, a checkpoint every third step, and a model that moves fast: what is lost shows. */
const SMALL = { seed: 7, batch: 4, lr: { peak: 0.05, warmup: 2, minRatio: 0.1 } };

/** The parts of an experiment, for `createExperiment`. The first strategy is the baseline. */
export function smallExperiment(choice: SmallExperiment, directory: string): ExperimentParts {
  const { strategies, trainer = new ToyTrainer(), data = syntheticData(), model = toyModel(data), spec } = choice;
  return {
    spec: { ...specOf(SMALL, strategies), checkpointEvery: 3, ...spec },
    model,
    data,
    trainer,
    directory,
  };
}

/**
 * Lends a new directory to `work` and removes it afterwards. It lies in memory where the system has a file system
 * there, because a run waits for the disk after every checkpoint; TMPDIR, when it is set, says where else.
 */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(await fastestParent(), 'branchline-testing-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fastestParent(): Promise<string> {
  const memory = '/dev/shm';
  const usable =
    process.env.TMPDIR === undefined &&
    (await access(memory, constants.W_OK).then(
      () => true,
      () => false,
    ));
  return usable ? memory : tmpdir();
}
