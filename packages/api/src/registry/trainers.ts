/** The built-in trainers, and how a module exports one. */
import type { TrainerDefinition } from '@branchline/core';
// The same for the parts that start a worker.
import { olmoCore } from '@branchline/trainer-olmo-core/define';
import { quadratic } from '@branchline/trainer-quadratic';
import { simulated } from '@branchline/trainer-simulated';
// From `define`: the main entry loads TensorFlow.js and ONNX Runtime.
import { tfjs } from '@branchline/trainer-tfjs/define';
import { torch } from '@branchline/trainer-torch/define';
import type { ModuleLoading } from '../files/module.js';
import { definitionIn, isName, isStandardSchema } from './exported.js';
import { Finder } from './finder.js';
import type { Kind } from './kind.js';

/** Built-in trainers by name. */
export const KNOWN_TRAINERS: ReadonlyMap<string, TrainerDefinition> = new Map(
  [tfjs.trainer, torch.trainer, olmoCore.trainer, quadratic.trainer, simulated.trainer].map((trainer) => [
    trainer.name,
    trainer as unknown as TrainerDefinition,
  ]),
);

/** Used when an experiment names no trainer. */
export const DEFAULT_TRAINER: TrainerDefinition = KNOWN_TRAINERS.get('tfjs')!;

/** How trainers are found and checked. */
export const TRAINERS: Kind<TrainerDefinition> = {
  noun: 'trainer',
  builtIn: KNOWN_TRAINERS,
  builtInPackages: new Set([
    ...['@branchline/trainer-tfjs', '@branchline/trainer-torch', '@branchline/trainer-olmo-core'],
    ...['@branchline/trainer-quadratic', '@branchline/trainer-simulated'],
  ]),
  read: (module) =>
    definitionIn(module, {
      noun: 'trainer',
      factory: 'defineTrainer({ ... })',
      remedy: 'Write: defineTrainer({ name, create }), with options where it takes any.',
      checks: ({ name, version, description, create, options, ...can }) => [
        [isName(name), 'name must be a word such as my-trainer'],
        [version === undefined || typeof version === 'string', 'version must be a string'],
        [description === undefined || typeof description === 'string', 'description must be a string'],
        [typeof create === 'function', 'create must be a function'],
        [options === undefined || isStandardSchema(options), 'options must be a schema (zod, valibot, arktype)'],
        ...(['checkModel', 'objectives'] as const).map(
          (key) => [can[key] === undefined || typeof can[key] === 'function', `${key} must be a function`] as const,
        ),
        ...(['scoresText', 'averages', 'mixtures', 'predicts', 'parametrized'] as const).map(
          (key) => [can[key] === undefined || typeof can[key] === 'boolean', `${key} must be true or false`] as const,
        ),
      ],
    }),
  examplePath: './my-trainer/src/index.ts',
};

/** Finds trainers by name, for experiments in one folder. */
export class TrainerFinder extends Finder<TrainerDefinition> {
  constructor(directory: string, loading?: ModuleLoading) {
    super(TRAINERS, directory, loading);
  }
}
