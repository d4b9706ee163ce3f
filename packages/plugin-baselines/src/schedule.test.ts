import { expandSchedule, rateAt } from '@branchline/core';
import { describe, expect, it } from 'vitest';
import { type ScheduleChoice, stagesOf } from './schedule.js';

/** Rates of 10 steps at peak 1, floor 0, no warm-up. */
function rates(choice: ScheduleChoice): readonly number[] {
  const pieces = expandSchedule({ steps: 10, warmup: 0, base: 1, floor: 0, shape: stagesOf(choice) });
  return pieces.flatMap((piece) =>
    Array.from({ length: piece.steps }, (_, index) => Number(rateAt(piece, index).toFixed(3))),
  );
}

describe('schedules of a version', () => {
  it('decays along half a cosine to the floor', () => {
    expect(rates({ schedule: 'cosine' })).toEqual([0.976, 0.905, 0.794, 0.655, 0.5, 0.345, 0.206, 0.095, 0.024, 0]);
  });

  it('holds half of the steps, then falls linearly under knee', () => {
    expect(rates({ schedule: 'knee' })).toEqual([1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0]);
    expect(rates({ schedule: 'knee', hold: 0.8 })).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0]);
  });

  it('steps down to 31.6% and 10% under multi-step', () => {
    expect(rates({ schedule: 'multi-step' })).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0.316, 0.1]);
  });

  it('decays over the last fifth under stable-decay, along the chosen curve', () => {
    expect(rates({ schedule: 'stable-decay' })).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0.293, 0]);
    expect(rates({ schedule: 'stable-decay', decay: 0.4, curve: 'linear' }).slice(6)).toEqual([0.75, 0.5, 0.25, 0]);
  });

  it('stays at the peak under constant', () => {
    expect(rates({ schedule: 'constant' })).toEqual(new Array(10).fill(1));
  });
});
