import { createTrainerTester, syntheticData } from '@branchline/testing';
import { describe, it } from 'vitest';
import type { QuadraticOptions } from './options.js';
import { quadratic } from './trainer.js';

const data = syntheticData();
const model = { spec: null, parameters: 3, context: data.context, flopsPerToken: 18 };
// All tokens of the synthetic data are below 16.
const common = { dimension: 3, noiseTokens: [6, 15] } satisfies QuadraticOptions;

const kinds: readonly QuadraticOptions[] = [
  { mode: 'exact' },
  { mode: 'sampled', seed: 3 },
  { mode: 'exact', pull: 0.5, drift: -2 },
];

for (const options of kinds) {
  const factory = quadratic({ ...common, ...options });
  const name = `quadratic ${JSON.stringify(options)}`;
  createTrainerTester({ ...factory, name }, { model, data }).register({ describe, it });
}
