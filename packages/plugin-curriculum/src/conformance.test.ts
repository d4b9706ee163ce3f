import { createStrategyTester, ownedBy } from '@branchline/testing';
import { describe, it } from 'vitest';
import { curriculum } from './curriculum.js';

createStrategyTester(curriculum, {
  examples: [
    {
      plan: {
        1: { 'order.by': { by: 'ascending' }, 'lr.minRatio': ownedBy('kernel', 0.1) },
        3: { 'order.by': { by: 'ascending' } },
      },
    },
    {
      options: { order: 'descending', minRatio: 1 / 3 },
      plan: { 2: { 'order.by': { by: 'descending' }, 'lr.minRatio': 1 / 3 } },
    },
    { options: { order: 'folded' }, plan: { 2: { 'order.by': { by: 'folded', folds: 3, direction: 'ascending' } } } },
    {
      options: { order: { by: 'folded', folds: 2, direction: 'descending' } },
      plan: { 2: { 'order.by': { by: 'folded', folds: 2, direction: 'descending' } } },
    },
    {
      options: { order: { by: 'interleaved', buckets: 4 } },
      plan: { 2: { 'order.by': { by: 'interleaved', buckets: 4, direction: 'ascending' } } },
    },
    {
      options: { order: { by: 'descending', domains: 'together' } },
      plan: { 2: { 'order.by': { by: 'descending', domains: 'together' } } },
    },
    { options: { order: 'finish' }, plan: { 2: { 'order.by': { by: 'finish', best: 0.2 } } } },
    {
      options: { order: { by: 'finish', best: 0.4, domains: 'together' } },
      plan: { 2: { 'order.by': { by: 'finish', best: 0.4, domains: 'together' } } },
    },
  ],
  invalid: [
    { options: { order: 'best-last' }, message: "order is 'best-last': one of ascending, descending" },
    { options: { folds: 3 }, message: "folds is called order: { by: 'folded', folds }" },
    {
      options: { order: { by: 'interleaved', buckets: 2.5 } },
      message: /options\.order, .*order is { by: 'interleaved', buckets: 2\.5 }: one of/,
    },
  ],
}).register({ describe, it });
