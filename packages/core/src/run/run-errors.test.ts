import { expect, test } from 'vitest';
import { BranchlineError } from '../errors.js';
import { trainerError } from './run-errors.js';

const strategies = new Set(['a', 'b']);

test('an error of a trainer with a remedy keeps it, and gets its place', () => {
  const cause = new BranchlineError('trainer', { message: 'out of memory', remedy: 'Set microBatch.' });
  const error = trainerError(strategies, cause, { step: 7 });
  expect(error.problems).toEqual([{ strategy: 'a, b', step: 7, message: 'out of memory', remedy: 'Set microBatch.' }]);
  expect(error.cause).toBe(cause);
  expect(trainerError(strategies, cause, { call: 'save' }).problems).toEqual([
    { strategy: 'a, b', message: 'out of memory', remedy: 'Set microBatch.' },
  ]);
});

test('other errors of the kernel pass through; damaged text while training is no damaged checkpoint', () => {
  const store = new BranchlineError('store', { message: 'the disk is full' });
  expect(trainerError(strategies, store, { call: 'save' })).toBe(store);
  const damaged = new BranchlineError('damaged', { message: 'a shard' });
  expect(trainerError(strategies, damaged, { call: 'restore' })).toBe(damaged);
  expect(trainerError(strategies, damaged, { step: 1 }).code).toBe('data');
});
