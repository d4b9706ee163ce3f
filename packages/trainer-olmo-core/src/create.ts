/** Makes the trainer: that of torch, with another engine in its worker. */
import type { TrainerContext } from '@branchline/core';
import { TorchTrainer } from '@branchline/trainer-torch';
import { OLMO_CORE } from './engine.js';
import type { OlmoCoreSettings } from './options.js';

/** Starts a worker and sets up the model. Rejects with a BranchlineError that says what is missing or does not fit. */
export function createTrainer(context: TrainerContext, settings: OlmoCoreSettings): Promise<TorchTrainer> {
  const { attention, trainModule, ...shared } = settings;
  const ofEngine = { ...(attention !== undefined && { attention }), ...(trainModule !== undefined && { trainModule }) };
  return TorchTrainer.create(context, { ...shared, stack: 1 }, OLMO_CORE, ofEngine);
}
