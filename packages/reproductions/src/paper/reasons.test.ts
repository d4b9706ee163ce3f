import type { ClaimResult } from '@branchline/evaluation';
import { expect, it } from 'vitest';
import { reasonOf } from './reasons.js';

it('explains every verdict that does not hold by its bound and interval', () => {
  const claim = (change: Partial<ClaimResult>) =>
    reasonOf({
      verdict: 'undecided',
      reason: null,
      expect: '<= margin',
      margin: 0.02,
      effect: 0.01,
      interval: { low: -0.04, high: 0.06, confidence: 0.95 },
      ...change,
    });
  const range = '[-0.0400, 0.0600]';
  expect(claim({ verdict: 'holds' })).toBeNull();
  expect(claim({ reason: 'b failed under seed 2' })).toBe('b failed under seed 2');
  expect(claim({})).toBe(`the mean is below 0.0200 as claimed, but the interval ${range} reaches across it`);
  expect(claim({ effect: 0.03 })).toBe(`the mean is not below 0.0200, and the interval ${range} reaches across it`);
  expect(claim({ expect: '>= -margin' })).toMatch(/^the mean is above -0\.0200 as claimed, but/);
  expect(claim({ expect: '> 0', effect: -0.01 })).toMatch(/^the mean is not above 0, and/);
  expect(claim({ verdict: 'fails', expect: '< 0' })).toBe(
    `the opposite is established: the interval ${range} lies above 0`,
  );
  expect(claim({ expect: '~ 0' })).toBe(
    `the mean is within 0.0200 of 0, and the interval ${range} is too wide to decide it`,
  );
  expect(claim({ expect: '~ 0', verdict: 'fails' })).toMatch(/^the effect is not within 0\.0200 of 0/);
  expect(claim({ interval: null })).toBe('there is nothing to decide it by');
});
