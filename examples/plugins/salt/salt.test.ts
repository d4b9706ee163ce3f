import { createStrategyTester } from '@branchline/testing';
import { continual } from 'branchline';
import { describe, it } from 'vitest';
import { salt } from './salt.js';

const distil = (steps: number, more: object = {}) => ({
  'loss.distil': { teacher: { state: 'checkpoint', from: './small' }, steps, weight: 0.5, temperature: 1, ...more },
});

// Versions of 10, 8 and 6 steps.
createStrategyTester(salt, {
  with: [continual()],
  examples: [
    { options: { teacher: './small' }, plan: { 1: distil(2), 2: {}, 3: {} } },
    {
      options: { teacher: './small', share: 1, weight: 1, temperature: 2 },
      plan: { 1: distil(10, { weight: 1, temperature: 2 }) },
    },
    {
      options: { teacher: './other', share: 0.01 },
      plan: { 1: distil(1, { teacher: { state: 'checkpoint', from: './other' } }) },
    },
  ],
  invalid: [
    { options: {}, message: 'teacher' },
    { options: { teacher: './small', share: 0 }, message: 'options.share' },
    { options: { teacher: './small', weight: 2 }, message: 'options.weight' },
  ],
}).register({ describe, it });
