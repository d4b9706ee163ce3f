/** The definition of the PyTorch trainer. Nothing of it is loaded before a trainer is created. */
import { defineTrainer } from '@branchline/core';
import { torchTrainerOptions } from './options.js';
import type { TorchTrainer } from './trainer.js';
import { VERSION } from './version.js';

/** The PyTorch trainer, for experiments and the conformance kit: `torch({ precision: 'bfloat16' })`. */
export const torch = defineTrainer({
  name: 'torch',
  version: VERSION,
  description:
    'Trains with PyTorch and transformers, on a GPU or CPU, also checkpoints of other architectures: ' +
    'branchline backend install torch.',
  options: torchTrainerOptions,
  parametrized: true,
  objectives: ({ stack, processes }) => (stack > 1 || processes > 1 ? [] : ['distil', 'prefix']),
  checkModel: async (settings, model) => {
    const { checkModel } = await import('./check-model.js');
    return checkModel(settings, model);
  },
  create: async (settings, context): Promise<TorchTrainer> => {
    const { TorchTrainer } = await import('./trainer.js');
    return TorchTrainer.create(context, settings);
  },
});
