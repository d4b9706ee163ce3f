import { continual, defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';

/**
 * Compares strategies over five seeds, with claims that are fixed before the run. docs/statistics.md explains the
 * verdicts.
 *
 *     npx branchline bench examples/seeds.config.ts
 */
export default defineExperiment({
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../package-lock.json', packages: ['typescript', 'vite', 'zod'], bytesPerDomain: '200KB' }],
    versions: { by: 'random', count: 3, tokens: 30_720 },
  },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 10, minRatio: 0.1 } },
  seeds: 5,
  strategies: {
    'from scratch': [fromScratch()],
    continual: [continual()],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    'path switching + averaging': [pathSwitching({ alpha: 0 }), modelAveraging()],
  },
  compare: {
    // In nats: with so few steps, smaller differences do not matter.
    margin: 0.1,
    claims: {
      'as good as from scratch': { strategy: 'path switching', expect: '<= margin' },
      'better than continual': { strategy: 'path switching', against: 'continual', expect: '< 0' },
      'the gap grows': {
        claim: 'Continual training falls further behind with every version',
        strategy: 'continual',
        against: 'path switching',
        version: 'slope',
        expect: '> 0',
      },
      'a quarter cheaper': {
        claim: 'Path switching trains on at most three quarters of the tokens',
        metric: 'tokens',
        terms: [
          { strategy: 'path switching', weight: 1 },
          { strategy: 'from scratch', weight: -0.75 },
        ],
        expect: '< 0',
      },
    },
  },
});
