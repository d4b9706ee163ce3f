import { RandomStream } from '@branchline/core';
import type { Observation } from '../src/index.js';

/** Constants of a synthetic law: `rate* = constant · parameters^a · tokens^b`. */
export interface TrueLaw {
  readonly constant: number;
  readonly parameters: number;
  readonly tokens: number;
}

/** A grid of runs to make losses for. */
export interface Grid {
  readonly sizes: readonly number[];
  readonly horizons: readonly number[];
  readonly rates: readonly number[];
  readonly seeds?: readonly number[];
  /** Standard deviation of a loss, nats. Default 0. */
  readonly noise?: number;
  /** Name of the random stream. */
  readonly stream?: number;
}

/** The best rate of a law. */
export const bestRate = (law: TrueLaw, parameters: number, tokens: number): number =>
  law.constant * parameters ** law.parameters * tokens ** law.tokens;

/** Curvature of every valley, nats per squared unit of log rate. */
export const CURVATURE = 0.05;

/** Loss at the best rate: a power law in tokens with a floor of 1.5. */
export const bestLoss = (tokens: number): number => 1.5 + 40 * tokens ** -0.3;

/** Losses with exact valleys around the law's rates, plus normal noise and an offset for each seed. */
export function losses(
  law: TrueLaw,
  { sizes, horizons, rates, seeds = [1], noise = 0, stream = 1 }: Grid,
): Observation[] {
  const random = new RandomStream(stream, 'grid');
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
  const offsets = seeds.map(() => (noise === 0 ? 0 : 0.01 * normal()));
  return sizes.flatMap((parameters) =>
    horizons.flatMap((tokens) =>
      rates.flatMap((rate) =>
        seeds.map((seed, index) => {
          const distance = Math.log(rate / bestRate(law, parameters, tokens));
          const loss = bestLoss(tokens) + CURVATURE * distance ** 2 + offsets[index]! + noise * normal();
          return { parameters, tokens, rate, seed, loss };
        }),
      ),
    ),
  );
}

/** Rates around one, each twice the one before. */
export const ratesAround = (rate: number, each = 3): readonly number[] =>
  Array.from({ length: 2 * each + 1 }, (_, index) => rate * 2 ** (index - each));
