import { BranchlineError } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { parseVary } from './vary.js';

describe('--vary', () => {
  it('has ranges, steps, logarithmic ranges, values, or what the plugin proposes', () => {
    expect(
      parseVary([
        'path-switching.alpha=0.2..0.8',
        'a.step=0.1 .. 0.9 : 0.1',
        'a.log=1e-4..1e-2:log',
        'a.values=linear, 1/4,true',
        'wsm.last',
        'from-scratch.schedule.decay=1/3..1',
      ]),
    ).toEqual({
      'path-switching.alpha': { from: 0.2, to: 0.8 },
      'a.step': { from: 0.1, to: 0.9, step: 0.1 },
      'a.log': { from: 1e-4, to: 1e-2, log: true },
      'a.values': ['linear', 0.25, true],
      'wsm.last': null,
      'from-scratch.schedule.decay': { from: 1 / 3, to: 1 },
    });
    expect(parseVary(undefined)).toBeUndefined();
    expect(parseVary([])).toBeUndefined();
  });

  it.each(['alpha=1..2', 'a.b=1..', 'a.b=..2', 'a.b=1..2:x', 'a.b=1,', 'a.b=', '=1..2', ''])('refuses "%s"', (text) => {
    expect(() => parseVary([text])).toThrow(BranchlineError);
  });

  it('reports all problems, and options that are given twice', () => {
    expect(() => parseVary(['a.b=1..2', 'a.b=2..3', 'c=1'])).toThrow(/is given twice.*names no option/s);
  });
});
