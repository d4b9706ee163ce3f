/** The definition of the OLMo-core trainer. Nothing of it is loaded before a trainer is created. */
import { defineTrainer } from '@branchline/core';
import { olmoCoreOptions } from './options.js';
import { VERSION } from './version.js';

/** The OLMo-core trainer: `olmoCore({ processes: 16, trainModule: { tp_config: { degree: 8 } } })`. */
export const olmoCore = defineTrainer({
  name: 'olmo-core',
  version: VERSION,
  description:
    'Trains the decoder in OLMo-core, with its tensor, context and pipeline parallelism: ' +
    'branchline backend install olmo-core.',
  options: olmoCoreOptions,
  // Those of OLMo-core compute and store experts in a way of their own.
  mixtures: false,
  create: async (settings, context) => (await import('./create.js')).createTrainer(context, settings),
});
