/** Runs strategies with toy parts and returns the results. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobLaunch, type PluginUse, RunEmitter } from '@branchline/core';
import { model, ToyTrainer, temporaryDirectory, toyData, toySpec } from '@branchline/core/fixtures';
import { type ComparedExperimentSpec, createExperiment, type Results, type TaskSet } from '../src/index.js';

export interface RunOptions {
  readonly directory?: string;
  readonly trainer?: ToyTrainer;
  /** Default 1. All share the trainer, which keeps no state between calls. */
  readonly lanes?: number;
  readonly data?: ReturnType<typeof toyData>;
  readonly tasks?: readonly TaskSet[];
  readonly change?: Partial<ComparedExperimentSpec>;
  readonly signal?: AbortSignal;
  readonly startAnyway?: boolean;
  readonly jobs?: JobLaunch;
}

/** Plans and runs, in a new directory by default. */
export async function run(strategies: Readonly<Record<string, readonly PluginUse[]>>, options: RunOptions = {}) {
  const { directory = await temporaryDirectory(), trainer = new ToyTrainer(), data = toyData() } = options;
  const warnings: string[] = [];
  const events = new RunEmitter();
  events.on('warning', (message) => warnings.push(message));
  const spec = toySpec(strategies, options.change);
  const otherTrainers = Array.from({ length: (options.lanes ?? 1) - 1 }, () => trainer);
  const parts = {
    spec,
    model,
    data,
    trainer,
    otherTrainers,
    directory,
    events,
    tasks: options.tasks,
    jobs: options.jobs,
  };
  const experiment = createExperiment(parts);
  const plan = await experiment.plan();
  const outcome = await experiment.run(plan, {
    command: 'test',
    signal: options.signal,
    startAnyway: options.startAnyway,
  });
  return { ...outcome, plan, trainer, warnings, directory };
}

/** Names of the completed strategies. */
export const names = ({ strategies }: Results) => strategies.map(({ name }) => name);
/** Digests of the weights of all releases. */
export const digests = ({ strategies }: Results) =>
  strategies.map(({ releases }) => releases.map(({ weightsDigest }) => weightsDigest));

/** Flips a bit in the weights of a stored checkpoint. */
export async function damage(directory: string, key: string): Promise<void> {
  const path = join(directory, 'checkpoints', key, 'model.safetensors');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
}
