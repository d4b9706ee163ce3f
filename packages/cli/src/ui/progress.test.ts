import { stripVTControlCharacters } from 'node:util';
import type { Segment } from '@branchline/core';
import { expect, it } from 'vitest';
import { RELEASE } from '../../test/events.js';
import { type Output, Progress } from './progress.js';

/** A stream that collects output and is not a terminal. */
function collector() {
  let text = '';
  const output = { isTTY: false, write: (chunk: string) => (text += chunk) } as unknown as Output;
  return { output, lines: () => text.split('\n').slice(0, -1) };
}

/** What a directory has that is all new. */
const STORED = {
  type: 'stored' as const,
  versions: null,
  releases: { stored: 0, missing: 1 },
  steps: { stored: 0, missing: 20 },
  missingTokens: 2000,
  elsewhere: null,
  why: [],
};

const segment = {
  from: { position: 0 },
  to: { position: 20 },
  strategies: new Set(['a', 'b', 'c', 'd']),
} as unknown as Segment;

it('writes a plain line now and then, and one for each release', () => {
  const { output, lines } = collector();
  let time = 0;
  const progress = new Progress(output, () => time);
  progress.onEvent({ type: 'phase', phase: 'text' });
  progress.onEvent({ type: 'runStart', steps: 20, segments: 1, tokensPerStep: 100, releases: 1, seeds: 1 });
  progress.onEvent({ type: 'segmentStart', segment, resumedAt: 0 });
  for (let step = 0; step < 20; step++) {
    time += 1000;
    progress.onEvent({ type: 'step', segment, step, rate: 0.1, loss: 3 - step / 10, gradNorm: 1 });
  }
  progress.onEvent(RELEASE);
  progress.onEvent({ type: 'warning', message: 'careful' });
  expect(lines()).toEqual([
    'reading text',
    '20 steps in 1 segment; 1 different release',
    'training 25%, 5 of 20 steps, 100 tokens/s, 15 s left, loss 2.600, for a, b and 2 more',
    'training 50%, 10 of 20 steps, 100 tokens/s, 10 s left, loss 2.100, for a, b and 2 more',
    'training 75%, 15 of 20 steps, 100 tokens/s, 5.0 s left, loss 1.600, for a, b and 2 more',
    'training 100%, 20 of 20 steps, 100 tokens/s, loss 1.100, for a, b and 2 more',
    'released a, version 1: loss 1.0000',
    'warning: careful',
  ]);
});

it('does not announce earlier releases', () => {
  const { output, lines } = collector();
  const progress = new Progress(output);
  progress.onEvent({ type: 'runStart', steps: 0, segments: 0, tokensPerStep: 100, releases: 2, seeds: 1 });
  progress.onEvent({ ...RELEASE, reused: true });
  expect(lines()).toEqual(['nothing to train: all is stored; 2 different releases']);
});

it('breaks the lines of a narrow terminal between numbers, not within', () => {
  let text = '';
  const write = (chunk: string) => (text += chunk);
  const output = { isTTY: true, columns: 40, rows: 20, write } as unknown as Output;
  let time = 0;
  const progress = new Progress(output, () => time);
  progress.onEvent({ type: 'runStart', steps: 1173, segments: 1, tokensPerStep: 512, releases: 1, seeds: 1 });
  progress.onEvent({ type: 'segmentStart', segment, resumedAt: 0 });
  for (let step = 0; step < 4; step++) {
    time += 1000;
    progress.onEvent({ type: 'step', segment, step, rate: 0.001747, loss: 3.0991, gradNorm: 1 });
  }
  const lines = stripVTControlCharacters(text).split('\n');
  expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^4 of 1,173 steps {2}512 tokens\/s/)]));
  expect(lines).toEqual(expect.arrayContaining(['loss 3.099  rate 0.001747']));
  progress.done();
});

it('shows every segment that is being trained', () => {
  const { output, lines } = collector();
  let time = 0;
  const progress = new Progress(output, () => time);
  progress.onEvent({ type: 'runStart', steps: 40, segments: 2, tokensPerStep: 100, releases: 2, seeds: 1 });
  const other = { ...segment, strategies: new Set(['e']) } as unknown as Segment;
  progress.onEvent({ type: 'segmentStart', segment, resumedAt: 0 });
  progress.onEvent({ type: 'segmentStart', segment: other, resumedAt: 0 });
  for (let step = 0; step < 10; step++) {
    time += 1000;
    progress.onEvent({ type: 'step', segment, step, rate: 0.1, loss: 3, gradNorm: 1 });
    progress.onEvent({ type: 'step', segment: other, step, rate: 0.1, loss: 2, gradNorm: 1 });
  }
  progress.onEvent({ type: 'segmentEnd', segment, reused: false });
  const next = { ...other, strategies: new Set(['f']) } as unknown as Segment;
  progress.onEvent({ type: 'segmentStart', segment: next, resumedAt: 0 });
  for (let step = 0; step < 6; step++) {
    time += 1000;
    progress.onEvent({ type: 'step', segment: other, step: 10 + step, rate: 0.1, loss: 1.5, gradNorm: 1 });
    progress.onEvent({ type: 'step', segment: next, step, rate: 0.1, loss: 1, gradNorm: 1 });
  }
  expect(lines().slice(1)).toEqual([
    'training 23%, 9 of 40 steps, 200 tokens/s, 16 s left, loss 3.000 for a, b and 2 more, loss 2.000 for e',
    'training 48%, 19 of 40 steps, 200 tokens/s, 11 s left, loss 3.000 for a, b and 2 more, loss 2.000 for e',
    'training 73%, 29 of 40 steps, 190 tokens/s, 5.5 s left, loss 1.500 for e, loss 1.000 for f',
  ]);
});

it('says how long it takes as soon as that is known, and not before', () => {
  const { output, lines } = collector();
  let time = 0;
  const progress = new Progress(output, () => time);
  progress.onEvent({ type: 'runStart', steps: 100_000, segments: 1, tokensPerStep: 100, releases: 1, seeds: 1 });
  progress.onEvent({ type: 'segmentStart', segment, resumedAt: 0 });
  const step = (after: number) => {
    time += after;
    progress.onEvent({ type: 'step', segment, step: 0, rate: 0.1, loss: 3, gradNorm: 1 });
  };
  // The first two compile.
  step(1);
  step(60_000);
  expect(lines().at(-1)).not.toContain(' left');
  for (let index = 0; index < 120; index++) step(100);
  expect(lines().at(-1)).toContain('1.00k tokens/s, 2 h 46 min left');
});

it('knows from earlier training how long it takes', () => {
  const { output, lines } = collector();
  let time = 0;
  const progress = new Progress(output, () => time);
  const missingTime = { deviceSeconds: 20, tokensPerSecond: 100, energyJoules: null, money: null, currency: 'USD' };
  progress.onEvent({ ...STORED, missingTime });
  progress.onEvent({ type: 'runStart', steps: 20, segments: 1, tokensPerStep: 100, releases: 1, seeds: 1 });
  progress.onEvent({ type: 'segmentStart', segment, resumedAt: 0 });
  time = 6_000;
  progress.onEvent({ type: 'step', segment, step: 0, rate: 0.1, loss: 3, gradNorm: 1 });
  expect(lines().at(-1)).toContain('1 of 20 steps, 19 s left');
});
