import type { Estimate } from '@branchline/core';

/** FLOPs of training, if some of it has a teacher's as well: then they do not follow from the steps. */
export function taughtFlops({ steps, flops }: Estimate, perStep: Estimate): number | undefined {
  return flops === BigInt(steps) * perStep.flops ? undefined : Number(flops);
}
