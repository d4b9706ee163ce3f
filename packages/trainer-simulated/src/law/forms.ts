/** The forms of loss laws: pure functions from learning rates and constants to a loss in nats per token. */
import type { RateSnapshot } from './rate-history.js';

/** Constants of `annealing`. */
export interface AnnealingConstants {
  /** Loss that no amount of training reaches, nats per token. */
  readonly L0: number;
  /** Nats per token at S1 = 1. */
  readonly A: number;
  readonly alpha: number;
  /** Nats per token that a unit of S2 gains. */
  readonly C: number;
  /** How much of the momentum of the annealing is left after a step, above 0 and below 1; 0.999 in the paper. */
  readonly lambda: number;
}

/** Constants of `sublinear-annealing`. */
export interface SublinearAnnealingConstants extends AnnealingConstants {
  /** What each rate is raised to in S1. */
  readonly power: number;
}

/** Constants of `multi-power`. */
export interface MultiPowerConstants {
  /** Loss that no amount of training reaches, nats per token. */
  readonly L0: number;
  /** Nats per token at S1 = 1. */
  readonly A: number;
  readonly alpha: number;
  /** Nats per token that a fall of the rate by 1 gains in the end. */
  readonly B: number;
  readonly C: number;
  readonly beta: number;
  readonly gamma: number;
}

/**
 * How the warm-up counts. `actual`: each step at the rate it had, and its rises as falls below 0, which is how the
 * published constants of the multi-power law are meant. `peak`: each step at the peak, without rises, as in the paper
 * of the annealing law.
 */
export type WarmupHandling = 'actual' | 'peak';

/** The sum S1 of all rates, each to the power of the history, with the warm-up counted as the law was fitted. */
export function progressOf({ progress, warmup }: RateSnapshot, handling: WarmupHandling, power = 1): number {
  return handling === 'actual' ? progress : progress - warmup.progress + warmup.steps * warmup.peak ** power;
}

/**
 * The single-stage annealing law (Tissue et al., 2024, arXiv 2408.11029): L0 + A·S1^-alpha - C·S2. S1 is the sum of the
 * rates. S2 is the sum over all steps of a momentum m that keeps the share `lambda` of itself at a step and gains each
 * fall of the rate; for one fall it is a geometric series in the steps since, which is how S2 is calculated here.
 *
 * With a `power` below 1, S1 is the sum of rate^power instead: steps at low rates count for more than their rate. This
 * is our own generalization; docs/predict-losses.md has what it gains and how its power was chosen. The history must
 * have the same power.
 */
export function annealingLoss(
  { L0, A, alpha, C, lambda, power = 1 }: AnnealingConstants & { readonly power?: number },
  rates: RateSnapshot,
  handling: WarmupHandling,
): number {
  let s2 = 0;
  for (const { drop, step, warmup } of rates.drops) {
    if (!warmup || handling === 'actual') s2 += drop * (1 - lambda ** (rates.steps - step));
  }
  return L0 + A * progressOf(rates, handling, power) ** -alpha - (C * s2) / (1 - lambda);
}

/**
 * The multi-power law (Luo et al., ICLR 2025, arXiv 2503.12811): L0 + A·S1^-alpha - B·sum over the falls k of the rate
 * of fall_k·(1 - (1 + C·rate_k^-gamma·S_k)^-beta). S1 is the sum of the rates, rate_k the rate after the fall, S_k the
 * sum of the rates from then on.
 */
export function multiPowerLoss(
  { L0, A, alpha, B, C, beta, gamma }: MultiPowerConstants,
  rates: RateSnapshot,
  handling: WarmupHandling,
): number {
  let gained = 0;
  for (const { drop, sum, rate, warmup } of rates.drops) {
    if (warmup && handling === 'peak') continue;
    const since = rates.sum - sum;
    // After a fall to 0 nothing is added to the sum, and so nothing is gained until the rate rises again.
    if (since > 0) gained += drop * (1 - (1 + C * rate ** -gamma * since) ** -beta);
  }
  return L0 + A * progressOf(rates, handling) ** -alpha - B * gained;
}
