import type { Results } from '@branchline/evaluation';

/** Whether a loss is worse than that of the uniform distribution, or not finite. */
export function diverged({ data }: Pick<Results, 'data'>, loss: number): boolean {
  return data.uniformLoss !== undefined && !(loss <= data.uniformLoss);
}
