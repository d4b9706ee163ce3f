import { BranchlineError } from '@branchline/core';
import { Compiled, type HostArray } from '@branchline/tfjs-jit';
import type { Program } from './decoder.js';

/** Results of a device and of the processor may differ by this share of the largest one: more is not rounding. */
const TOLERANCE = 0.01;

/** Compares the first results of a program with those of the processor, and no others. */
export class FirstRun {
  #done = false;

  constructor(
    private readonly provider: string,
    private readonly program: Program,
  ) {}

  /**
   * Rejects where results are another function's. `pairs` gives what was found beside what the processor computes.
   */
  async compare(
    inputs: () => readonly HostArray[],
    pairs: (expected: readonly HostArray[]) => readonly (readonly [HostArray, HostArray])[],
  ): Promise<void> {
    if (this.#done) return;
    const compiled = await Compiled.create(this.program.fn, this.program.inputs);
    // Copies, because the processor's session takes no memory that threads share.
    const expected = await compiled.run(inputs().map((array) => array.slice()));
    await compiled.dispose();
    for (const [found, wanted] of pairs(expected)) {
      const difference = distance(found, wanted);
      if (difference <= TOLERANCE) continue;
      throw new BranchlineError('trainer', {
        message: `${this.provider} computes something else here than the processor: results differ by ${difference.toPrecision(2)} of the largest`,
        remedy: "Use trainer: { engine: 'jit', device: 'cpu' }, and report it with the output of branchline doctor.",
      });
    }
    this.#done = true;
  }
}

/** The largest difference, as a share of the largest element; NaN counts as infinite. */
function distance(found: HostArray, wanted: HostArray): number {
  let [difference, scale] = [0, Number.MIN_VALUE];
  for (let i = 0; i < wanted.length; i++) {
    const own = Math.abs(found[i]! - wanted[i]!);
    // Where both have left the finite numbers, the trainer tells of it.
    if (Number.isNaN(own) && !Number.isFinite(wanted[i]!)) continue;
    if (!(own <= difference)) difference = Number.isNaN(own) ? Number.POSITIVE_INFINITY : own;
    scale = Math.max(scale, Math.abs(wanted[i]!));
  }
  return difference / scale;
}
