/**
 * The quick experiment: six ways to keep a small model up to date while four versions of text arrive, trained for real
 * in minutes. Its text is documentation, type declarations and source of some of the installed dependencies, the same
 * bytes for everyone who ran `npm ci`; they are named, so that one more dependency changes no result.
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
    // 120 steps of 16 sequences of 128 tokens in each version.
    versions: { by: 'random', count: 4, tokens: 245_760 },
    score: 'diversity',
  },
  // The best peak of four for training from scratch and for path switching alike: rates.config.ts.
  training: { batch: 16, lr: { peak: 2e-3, warmup: 20, minRatio: 0.1 } },
  strategies: {
    // The dearest: every version anew, on all text so far.
    'from scratch': [fromScratch()],
    // The cheapest: every version goes on from the last release, on the new text alone.
    continual: [continual()],
    // One main path that never decays, and a branch that does for each release.
    'path switching': [pathSwitching({ alpha: 0.6 })],
    // No branch at all: the average of the main path's last checkpoints stands in for the decay.
    'path switching + averaging': [pathSwitching({ alpha: 0 }), modelAveraging()],
    // The same with the highest scores last.
    CMA: [pathSwitching({ alpha: 0 }), curriculum(), modelAveraging()],
    // The highest scores last, a decay that stops at a third of the peak, and an average over the branch.
    CDMA: [pathSwitching({ alpha: 0.6 }), curriculum({ minRatio: 1 / 3 }), modelAveraging()],
  },
  baseline: 'from scratch',
});
