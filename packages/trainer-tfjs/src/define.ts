/** The definition of the embedded trainer. Engines are loaded when a trainer is created. */
import { defineTrainer } from '@branchline/core';
import { tfjsTrainerOptions } from './options.js';
import type { TfjsTrainer } from './trainer.js';
import { VERSION } from './version.js';

/** The embedded trainer, for experiments and the conformance kit: `tfjs({ engine: 'jit', threads: 2 })`. */
export const tfjs = defineTrainer({
  name: 'tfjs',
  version: VERSION,
  description:
    'Trains a decoder-only language model on this machine: compiled for ONNX Runtime, or TensorFlow.js itself.',
  options: tfjsTrainerOptions,
  parametrized: true,
  objectives: () => ['distil', 'prefix'],
  create: async (options, context): Promise<TfjsTrainer> => {
    const [{ TfjsTrainer }, { chooseEngine }] = await Promise.all([
      import('./trainer.js'),
      import('./choose-engine.js'),
    ]);
    return new TfjsTrainer(context, await chooseEngine(options, context.lane));
  },
});
