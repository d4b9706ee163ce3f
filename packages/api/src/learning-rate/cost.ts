/** What a grid of runs costs: as separate runs, and as one run graph for each size. */

/** An amount of training. */
export interface TrainingCost {
  readonly steps: number;
  readonly tokens: number;
  readonly flops: number;
}

/** Costs of a grid, of all sizes together. */
export interface GridCost {
  /** If every run were trained alone: sizes x horizons x rates x seeds, O(n³). */
  readonly separate: TrainingCost;
  /** Every step once: a stable run and its cooldowns for each size, rate and seed, O(n · C_D · C_rate). */
  readonly shared: TrainingCost;
}

/** Adds amounts. */
export function sumTraining(costs: readonly TrainingCost[]): TrainingCost {
  return {
    steps: costs.reduce((sum, { steps }) => sum + steps, 0),
    tokens: costs.reduce((sum, { tokens }) => sum + tokens, 0),
    flops: costs.reduce((sum, { flops }) => sum + flops, 0),
  };
}
