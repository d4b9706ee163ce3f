/** Makes the trainer: that of torch, with another engine in its worker. */
import { BranchlineError, type TrainerContext } from '@branchline/core';
import { TorchTrainer } from '@branchline/trainer-torch';
import { OLMO_CORE } from './engine.js';
import type { OlmoCoreSettings } from './options.js';

/** Starts a worker and sets up the model. Rejects with a BranchlineError that says what is missing or does not fit. */
export async function createTrainer(context: TrainerContext, settings: OlmoCoreSettings): Promise<TorchTrainer> {
  // Experiments are rejected earlier; a program that makes a trainer itself is not checked.
  if (context.optimizer.groups !== undefined) {
    const message = 'OLMo-core trains all parameters with one rate, decay and epsilon';
    throw new BranchlineError('config', {
      configPath: 'training.optimizer.groups',
      message,
      remedy: 'Set trainer: torch, or leave it out.',
    });
  }
  const { attention, trainModule, ...shared } = settings;
  const ofEngine = { ...(attention !== undefined && { attention }), ...(trainModule !== undefined && { trainModule }) };
  return TorchTrainer.create(context, { ...shared, stack: 1 }, OLMO_CORE, ofEngine);
}
