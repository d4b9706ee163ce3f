import { BranchlineError } from '@branchline/core';
import { Compiled, type HostArray } from '@branchline/tfjs-jit';
import type { Program } from './decoder.js';

/** Largest difference from the processor's results, as a share of the largest element. More is not rounding. */
const TOLERANCE = 0.01;

/** Compares the first results of a program with those of the processor. */
export class FirstRun {
  #done = false;

  constructor(
    private readonly provider: string,
    private readonly program: Program,
  ) {}

  /**
   * Rejects if results are wrong. `pairs` returns results of the device, each with the expected one. Does nothing after
   * the first successful comparison.
   */
  async compare(
    inputs: () => readonly HostArray[],
    pairs: (expected: readonly HostArray[]) => readonly (readonly [HostArray, HostArray])[],
  ): Promise<void> {
    if (this.#done) return;
    const compiled = await Compiled.create(this.program.fn, this.program.inputs);
    // Copies, because ONNX Runtime accepts no shared memory.
    const expected = await compiled.run(inputs().map((array) => array.slice()));
    await compiled.dispose();
    for (const [found, wanted] of pairs(expected)) {
      const difference = distance(found, wanted);
      if (difference <= TOLERANCE) continue;
      throw new BranchlineError('trainer', {
        message: `${this.provider} computes wrong results here: they differ from the processor's by ${difference.toPrecision(2)} of the largest`,
        remedy: "Use trainer: { engine: 'jit', device: 'cpu' }, and report it with the output of branchline doctor.",
      });
    }
    this.#done = true;
  }
}

/** Largest difference as a share of the largest element; NaN counts as infinite. */
function distance(found: HostArray, wanted: HostArray): number {
  let [difference, scale] = [0, Number.MIN_VALUE];
  for (let i = 0; i < wanted.length; i++) {
    const own = Math.abs(found[i]! - wanted[i]!);
    // If both are not finite, the trainer reports the divergence.
    if (Number.isNaN(own) && !Number.isFinite(wanted[i]!)) continue;
    if (!(own <= difference)) difference = Number.isNaN(own) ? Number.POSITIVE_INFINITY : own;
    scale = Math.max(scale, Math.abs(wanted[i]!));
  }
  return difference / scale;
}
