/** Whether the torch trainer works on this machine. */
import { BranchlineError, messageOf } from '@branchline/core';
import { describeModel, optimizerSchema } from '@branchline/model';
import { SMALLEST, text } from './trial.js';

/** Findings about the torch trainer. */
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

/** Starts a worker and trains a step. */
export async function findTorch(): Promise<TorchFinding> {
  const { torch } = await import('@branchline/trainer-torch');
  try {
    const context = {
      model: describeModel(SMALLEST.model),
      optimizer: optimizerSchema.parse({}),
      data: text(SMALLEST),
    };
    const trainer = await torch().create(context);
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
    const refusal = problem.message.replace(/^trainer-torch: /, '').split('\n')[0]!;
    const remedy = 'npx branchline backend install torch';
    return { works: false, description: null, device: null, refusal, remedy };
  }
}
