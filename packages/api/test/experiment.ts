import { TINY } from './corpus.js';

/** An experiment that uses nearly every key. */
export const EXPERIMENT = {
  name: 'tiny',
  ...TINY,
  training: { batch: 4, lr: { peak: 0.01, warmup: 3, minRatio: 0.1 }, optimizer: { name: 'adamw', beta1: 0.9 } },
  trainer: { trainer: 'tfjs', options: { engine: 'jit', threads: 2 } },
  strategies: {
    scratch: ['from-scratch'],
    switching: [{ plugin: 'path-switching', options: { alpha: 0.5, carry: { optimizer: false } } }, 'model-averaging'],
    'c d': {
      plugins: ['continual', { plugin: 'replay', options: { ratio: 0.25 } }],
      overrides: { 'lr.minRatio': 0.2, 'order.by': { by: 'shuffled' } },
    },
  },
  baseline: 'scratch',
  seed: 1,
  checkpointEvery: 10,
  budget: '1e18 flops',
  prices: {
    currency: 'USD',
    devices: [{ match: 'cpu', unit: 'thread', price: { perHour: 1, source: 's', date: '2026-11' } }],
  },
  disk: '1GB',
};
