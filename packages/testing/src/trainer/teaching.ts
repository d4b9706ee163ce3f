/** Checks what steps learn from a teacher, for trainers that distil. */
import type { StepObjective, Trainer } from '@branchline/core';
import { assertNone, type Bench, distance, steps, train, trained } from './bench.js';
import { type MemoryCheckpoint, saved } from './checkpoint.js';

/** Trains with teachers whose effect is known, and two states with a teacher each. */
export async function checkTeaching(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    const from = (checkpoint: MemoryCheckpoint, weight: number): StepObjective => ({
      distil: { teacher: { model: bench.tests.model, checkpoint }, weight, temperature: 2 },
    });
    const [own, other] = [await weightsOf(trainer, 1), await weightsOf(trainer, 2)];
    const found: string[] = [];
    const first = async (objective?: StepObjective) => {
      const state = await trainer.initialize(1);
      const [metrics] = await train(trainer, state, { ...steps(1), ...(objective && { objective }) });
      state.dispose();
      return metrics!;
    };
    const plain = await first();
    const itself = await first(from(own, 1));
    if (itself.gradNorm > bench.tolerance * plain.gradNorm) {
      found.push(`a student that predicts what its teacher does has a gradient of norm ${itself.gradNorm}`);
    }
    if (distance([[itself.loss]], [[plain.loss]]) > bench.tolerance) {
      found.push(`the loss is ${itself.loss}, not the negative log-likelihood ${plain.loss}`);
    }
    const half = await first(from(own, 0.5));
    if (distance([[half.gradNorm]], [[plain.gradNorm / 2]]) > bench.tolerance) {
      found.push(`with weight 0.5 and its own teacher, the gradient has norm ${half.gradNorm} of ${plain.gradNorm}`);
    }
    const batches = [own, other].map((checkpoint) => ({ ...steps(3), objective: from(checkpoint, 0.5) }));
    const states = [await trainer.initialize(3), await trainer.initialize(3)];
    const turns = states.map((state, index) => trainer.train(state, batches[index]!)[Symbol.asyncIterator]());
    for (let left = turns.length; left > 0; ) {
      left = (await Promise.all(turns.map((turn) => turn.next()))).filter(({ done }) => done !== true).length;
    }
    for (const [index, state] of states.entries()) {
      const alone = await trained(trainer, batches[index]!, 3);
      const apart = bench.compare(trainer, alone, await saved(trainer, state));
      found.push(...apart.map((line) => `state ${index + 1} of two with teachers of their own: ${line}`));
      state.dispose();
    }
    const [one, two] = [await trained(trainer, batches[0]!, 3), await trained(trainer, batches[1]!, 3)];
    if (distance(one.weights, two.weights) === 0) found.push('two teachers teach the same');
    assertNone('steps do not learn from their teacher', found, [
      'The loss of a token is (1 - weight) * nll + weight * temperature^2 * KL(teacher || student) at the temperature.',
    ]);
  });
}

async function weightsOf(trainer: Trainer, seed: number): Promise<MemoryCheckpoint> {
  const state = await trainer.initialize(seed);
  const checkpoint = await saved(trainer, state);
  state.dispose();
  return checkpoint;
}
