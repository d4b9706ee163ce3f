/**
 * The quick experiment: six ways to update a small model as four versions of text arrive, trained in minutes. The text
 * is documentation, type declarations and source code of installed dependencies, identical after every `npm ci`. The
 * packages are listed by name, so that a new dependency does not change results.
 *
 *     npm run bench
 */
import { continual, curriculum, defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';

const PACKAGES = [
  ...['@nx/*', '@tensorflow/*', '@typescript-eslint/*', '@vitest/*', 'cli-table3', 'd3-*', 'eslint', 'eventemitter3'],
  ...['fast-check', 'playwright-core', 'proper-lockfile', 'semver', 'tsyringe', 'typescript'],
  ...['typescript-eslint', 'vite', 'vitest', 'yaml', 'yargs', 'zod'],
];

export default defineExperiment({
  model: { layers: 3, width: 96, heads: 3, context: 128 },
  data: {
    sources: [{ lockfile: '../package-lock.json', packages: PACKAGES, bytesPerDomain: '500KB' }],
    // 120 steps of 16 sequences of 128 tokens per version.
    versions: { by: 'random', count: 4, tokens: 245_760 },
    score: 'diversity',
  },
  // The best of four peaks, both for training from scratch and for path switching: see rates.config.ts.
  training: { batch: 16, lr: { peak: 2e-3, warmup: 20, minRatio: 0.1 } },
  strategies: {
    // The most expensive: trains every version from scratch on all text so far.
    'from scratch': [fromScratch()],
    // The cheapest: every version continues from the last release, on new text only.
    continual: [continual()],
    // One main path that never decays, and a decaying branch for each release.
    'path switching': [pathSwitching({ alpha: 0.6 })],
    // No branches: the average of the main path's last checkpoints replaces the decay.
    'path switching + averaging': [pathSwitching({ alpha: 0 }), modelAveraging()],
    // The same, with the highest scores last.
    CMA: [pathSwitching({ alpha: 0 }), curriculum(), modelAveraging()],
    // The highest scores last, a decay that stops at a third of the peak, and an average over the branch.
    CDMA: [pathSwitching({ alpha: 0.6 }), curriculum({ minRatio: 1 / 3 }), modelAveraging()],
  },
  baseline: 'from scratch',
});
