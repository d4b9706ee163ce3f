import { createStrategyTester, ownedBy } from '@branchline/testing';
import { describe, it } from 'vitest';
import { curriculum } from './curriculum.js';

createStrategyTester(curriculum, {
  examples: [
    {
      plan: {
        1: { 'order.by': { by: 'ascending' }, 'lr.floor': ownedBy('kernel', 0.1) },
        3: { 'order.by': { by: 'ascending' } },
      },
    },
    {
      options: { order: 'descending', floor: 1 / 3 },
      plan: { 2: { 'order.by': { by: 'descending' }, 'lr.floor': 1 / 3 } },
    },
    {
      options: { order: 'folded', folds: 2, direction: 'descending' },
      plan: { 2: { 'order.by': { by: 'folded', folds: 2, direction: 'descending' } } },
    },
    {
      options: { order: 'interleaved', buckets: 4 },
      plan: { 2: { 'order.by': { by: 'interleaved', buckets: 4, direction: 'ascending' } } },
    },
  ],
  invalid: [
    { options: { order: 'best-last' }, message: "order is 'best-last': one of ascending, descending" },
    { options: { folds: 3 }, message: "folds changes nothing under order 'ascending'; it belongs to folded" },
    { options: { order: 'interleaved', buckets: 2.5 }, message: /options\.buckets, .*buckets is 2\.5: a whole number/ },
  ],
}).register({ describe, it });
