/** Whether the trainers with a Python worker work on this machine. */
import { BranchlineError, messageOf, type TrainerUse } from '@branchline/core';
import { describeModel, optimizerSchema } from '@branchline/model';
import { SMALLEST, text } from './trial.js';

/** Findings about such a trainer. */
export interface TorchFinding {
  /** Whether it trained a step just now. */
  readonly works: boolean;
  /** Versions and device; null if it could not be started. */
  readonly description: string | null;
  readonly device: string | null;
  /** Why it does not work, in one line. */
  readonly refusal: string | null;
  /** How to install what is missing. */
  readonly remedy: string | null;
}

/** The torch trainer. */
export async function findTorch(): Promise<TorchFinding> {
  const { torch } = await import('@branchline/trainer-torch');
  return tryTrainer(torch(), 'npx branchline backend install torch');
}

/** The OLMo-core trainer. */
export async function findOlmoCoreTrainer(): Promise<TorchFinding> {
  const { olmoCore } = await import('@branchline/trainer-olmo-core');
  return tryTrainer(olmoCore(), 'npx branchline backend install olmo-core');
}

/** Starts a worker and trains a step. */
async function tryTrainer(use: TrainerUse, remedy: string): Promise<TorchFinding> {
  try {
    const context = {
      model: describeModel(SMALLEST.model),
      optimizer: optimizerSchema.parse({}),
      data: text(SMALLEST),
    };
    const trainer = await use.create(context);
    try {
      const state = await trainer.initialize(1);
      const step = { lr: Float64Array.of(1e-3), sequences: [Uint32Array.of(1, 2)] };
      for await (const _ of trainer.train(state, step));
      const { engine, device } = trainer.describe();
      return { works: true, description: engine, device, refusal: null, remedy: null };
    } finally {
      await trainer.dispose();
    }
  } catch (error) {
    const problem = error instanceof BranchlineError ? error.problems[0]! : { message: messageOf(error) };
    const refusal = problem.message.replace(/^trainer-[a-z-]+: /, '').split('\n')[0]!;
    return { works: false, description: null, device: null, refusal, remedy };
  }
}
