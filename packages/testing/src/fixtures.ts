/** A small experiment with replaceable parts, and a temporary directory to run it in. */
import { access, constants, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataProvider, ExperimentSpec, ModelDescription, Trainer } from '@branchline/core';
import type { ExperimentParts } from '@branchline/evaluation';
import { type Strategies, specOf } from './plan.js';
import { syntheticData } from './synthetic-data.js';
import { ToyTrainer, toyModel, toyTeacher } from './toy-trainer.js';

/** The parts of a small experiment. Only the strategies are required. */
export interface SmallExperiment {
  readonly strategies: Strategies;
  /** Default: a new `ToyTrainer`. */
  readonly trainer?: Trainer;
  /** Trainers of further lanes. Default: none. */
  readonly otherTrainers?: readonly Trainer[];
  /** Default: `syntheticData()`. */
  readonly data?: DataProvider;
  /** Default: `toyModel(data)`. */
  readonly model?: ModelDescription;
  /** Changes to the rest of the spec: batch, rates, seeds, `checkpointEvery`, ... */
  readonly spec?: Partial<Omit<ExperimentSpec, 'strategies'>>;
}

/** Defaults with a high learning rate, so that lost state shows in the weights within a few steps. */
const SMALL = { seed: 7, batch: 4, lr: { peak: 0.05, warmup: 2, minRatio: 0.1 } };

/** The parts of an experiment, for `createExperiment`. The first strategy is the baseline. */
export function smallExperiment(choice: SmallExperiment, directory: string): ExperimentParts {
  const { strategies, trainer = new ToyTrainer(), otherTrainers, spec } = choice;
  const { data = syntheticData(), model = toyModel(data) } = choice;
  return {
    spec: { ...specOf(SMALL, strategies), checkpointEvery: 3, ...spec },
    model,
    data,
    trainer,
    findTeacher: toyTeacher(model),
    ...(otherTrainers && { otherTrainers }),
    directory,
  };
}

/**
 * Creates a temporary directory, runs `work` in it, and removes it afterwards. The directory is in memory (/dev/shm)
 * where possible, because a run waits for the disk after every checkpoint. TMPDIR overrides the location.
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
