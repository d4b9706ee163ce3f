/** Laws with published constants, by name. */
import type { LossLaw } from './law.js';

const SOURCE = 'Luo et al., ICLR 2025, arXiv 2503.12811';

/** `errors` were measured here, on the nine public curves of each size. */
const multiPower = (
  size: string,
  [L0, A, alpha, B, C, beta, gamma]: readonly [number, number, number, number, number, number, number],
  errors: LossLaw['fitted']['errors'],
): LossLaw => ({
  format: 1,
  form: 'multi-power',
  name: `multi-power-${size.toLowerCase()}`,
  source: `${SOURCE}, ${size} parameters`,
  constants: { L0, A, alpha, B, C, beta, gamma },
  warmup: 'actual',
  fitted: {
    curves: ['cosine_24000', 'constant_24000', 'wsdcon_9'],
    peaks: [3e-4, 3e-4],
    steps: [16_000, 24_000],
    errors,
  },
});

/**
 * The published constants of the multi-power law, for models of 25M, 100M and 400M parameters at a peak rate of 3e-4.
 * They belong to that model size, batch size and text: use them to compare schedules, not to forecast your own run.
 */
export const PUBLISHED_LAWS: ReadonlyMap<string, LossLaw> = new Map(
  [
    multiPower('25M', [3.04, 0.525, 0.508, 364, 2.066, 0.583, 0.641], {
      ...{ mean: 0.00124, max: 0.0098, end: 0.0032, p95: 0.0033, points: 2059 },
    }),
    multiPower('100M', [2.651, 0.601, 0.453, 438, 2.132, 0.598, 0.655], {
      ...{ mean: 0.0017, max: 0.0105, end: 0.0059, p95: 0.0044, points: 2103 },
    }),
    multiPower('400M', [2.375, 0.654, 0.429, 523, 2.025, 0.594, 0.635], {
      ...{ mean: 0.0017, max: 0.0179, end: 0.0087, p95: 0.0048, points: 2103 },
    }),
  ].map((law) => [law.name!, law]),
);
