/**
 * The quick experiment: six ways to update a small model as four versions of text arrive, trained in minutes. The text
 * is documentation, type declarations, source code and JSON of installed dependencies, identical after every `npm ci`.
 * The packages are listed by name, so that a new dependency does not change results.
 *
 * The model is for documentation: releases are evaluated on documentation of packages that it never sees, and the score
 * of a text is how much a classifier takes it for documentation, learned from packages that are in neither.
 *
 *     npm run bench
 */
import { continual, curriculum, defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';

const PACKAGES = [
  ...['@nx/*', '@tensorflow/*', '@typescript-eslint/*', '@vitest/*', 'cli-table3', 'd3-*', 'eslint', 'eventemitter3'],
  ...['fast-check', 'playwright-core', 'proper-lockfile', 'semver', 'tsyringe', 'typescript'],
  ...['typescript-eslint', 'vite', 'vitest', 'yaml', 'yargs', 'zod'],
];
const DOMAINS = {
  docs: ['**/*.md'],
  types: ['**/*.d.ts', '**/*.d.mts', '**/*.d.cts'],
  source: ['**/*.js', '**/*.mjs', '**/*.cjs'],
  data: ['**/*.json'],
};

/** So uniform that a classifier which has seen some ranks them above all documentation. */
const NOT_DOCUMENTATION = ['**/CHANGELOG*', '**/HISTORY*', '**/History*', '**/LICENSE*', '**/ThirdParty*'];

/** Their documentation teaches the classifier what the model is for. */
const REFERENCE = [
  ...['ajv', 'axios', 'cacheable', 'debug', 'diff', 'dotenv', 'expect-type', 'hashery', 'hookified', 'keyv'],
  ...['node-fetch', 'picomatch', 'source-map', 'type-fest'],
];

/** Their documentation is what the model is for. */
const TARGET = [
  ...['acorn', 'buffer', 'chalk', 'cosmiconfig', 'ejs', 'fs-extra', 'jsesc', 'json5', 'jsonc-parser', 'magic-string'],
  ...['markdown-it', 'minimatch', 'optionator', 'protobufjs', 'tmp'],
];

/** Text of installed packages. `root`: where they are installed, seen from the experiment file. */
export const textOf = (root: string) => {
  const lockfile = `${root}/package-lock.json`;
  return {
    sources: [{ lockfile, packages: PACKAGES, include: DOMAINS, exclude: NOT_DOCUMENTATION, bytesPerDomain: '1MB' }],
    // 600 steps of 8 sequences of 128 tokens per version.
    versions: { by: 'random' as const, count: 4, tokens: 614_400 },
    // Small enough for an order to rank passages, not whole files.
    maxDocumentBytes: '1KiB',
    heldOut: { sequences: 36 },
    evaluation: [
      {
        name: 'target',
        files: [`${root}/node_modules/{${TARGET.join()}}/*.md`, ...NOT_DOCUMENTATION.map((glob) => `!${glob}`)],
        sequences: 400,
      },
    ],
    score: {
      by: 'classifier' as const,
      reference: { lockfile, packages: REFERENCE, include: { docs: ['*.md'] }, exclude: NOT_DOCUMENTATION },
    },
  };
};

/** The third of each version that is most like documentation comes last, the best of it at the end. */
const bestLast = { by: 'finish', best: 1 / 3, domains: 'together' } as const;

export default defineExperiment({
  model: { layers: 2, width: 64, heads: 2, context: 128 },
  data: textOf('..'),
  // For other peaks see rates.config.ts.
  training: { batch: 8, lr: { peak: 2e-3, warmup: 20, minRatio: 0.1 } },
  strategies: {
    // The most expensive: trains every version from scratch on all text so far.
    'from scratch': [fromScratch()],
    // The cheapest: every version continues from the last release, on new text only.
    continual: [continual()],
    // One main path that never decays, and a decaying branch for each release.
    'path switching': [pathSwitching({ alpha: 0.6 })],
    // No branches: the average of the main path's last checkpoints replaces the decay.
    'path switching + averaging': [pathSwitching({ alpha: 0 }), modelAveraging()],
    // The same, with the best text last.
    CMA: [pathSwitching({ alpha: 0 }), curriculum({ order: bestLast }), modelAveraging()],
    // The best text last, a decay that stops at a third of the peak, and an average over the end of the branch.
    CDMA: [pathSwitching({ alpha: 0.6 }), curriculum({ order: bestLast, minRatio: 1 / 3 }), modelAveraging()],
  },
  baseline: 'from scratch',
});
