import type { CheckpointReader, Tensor, TrainerState } from '@branchline/core';
import { RateHistory } from './law/rate-history.js';

/** A simulated model: the seed that it would have been drawn from, and the rates that it was trained at. */
export class SimulatedState implements TrainerState {
  step = 0;
  #alive = true;

  constructor(
    readonly seed: number,
    readonly history: RateHistory,
  ) {}

  /** Throws if the state was disposed of. */
  assertAlive(): void {
    if (!this.#alive) throw new Error('trainer-simulated: this state was disposed of');
  }

  dispose(): void {
    this.#alive = false;
  }
}

/**
 * Tensors of a state for a checkpoint: the seed, then the history. Weights are in float32, so each float64 is stored as
 * three numbers that add up to it exactly.
 */
export function tensorsOf({ seed, history }: SimulatedState): readonly Tensor[] {
  const numbers = [seed, ...history.toNumbers()];
  const parts = new Float32Array(3 * numbers.length);
  for (const [index, number] of numbers.entries()) {
    let rest = number;
    for (let part = 3 * index; part < 3 * index + 3; part++) {
      parts[part] = rest;
      rest = Number.isFinite(number) ? rest - parts[part]! : 0;
    }
  }
  return [{ name: 'history', dtype: 'F32', shape: [numbers.length, 3], data: new Uint8Array(parts.buffer) }];
}

/** Reads a state that was written with `tensorsOf`. Throws if it was not. */
export async function readState(checkpoint: CheckpointReader, power: number): Promise<SimulatedState> {
  const stored = (await checkpoint.read('weights')).find(({ name }) => name === 'history');
  if (stored === undefined) {
    throw new Error(`trainer-simulated: checkpoint ${checkpoint.key} has weights and no history of learning rates`);
  }
  // Copied: a view of 32-bit numbers must begin at a multiple of 4.
  const parts = new Float32Array(new Uint8Array(stored.data).buffer);
  const numbers = Float64Array.from(
    { length: parts.length / 3 },
    (_, i) => parts[3 * i]! + parts[3 * i + 1]! + parts[3 * i + 2]!,
  );
  return new SimulatedState(numbers[0]!, RateHistory.fromNumbers(numbers.slice(1), power));
}
