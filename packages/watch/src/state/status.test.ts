import type { Results } from '@branchline/evaluation';
import { describe, expect, it } from 'vitest';
import { type Evidence, judge } from './status.js';

const results = (minute: number, more: object = {}) =>
  ({
    experiment: { finishedAt: new Date(at(minute)).toISOString() },
    failures: [],
    ...more,
  }) as unknown as Results;

const at = (minute: number) => Date.UTC(2026, 0, 31, 12, minute);
const lock = (minute: number) => ({ state: 'running' as const, sign: '', since: at(minute), lease: 1 });
const begin = (minute: number) => ({ type: 'begin' as const, time: at(minute) }) as Evidence['view']['begin'];
const end = (minute: number, outcome: 'finished' | 'failed' | 'stopped' = 'finished') => ({
  ...{ type: 'end' as const, time: at(minute), outcome },
});

async function statusOf(evidence: Partial<Omit<Evidence, 'planned'>> & { readonly planned?: number }) {
  const { planned, ...others } = evidence;
  const none = { held: undefined, left: undefined, view: { begin: undefined, end: undefined }, results: undefined };
  return judge({ ...none, isAwaited: false, mark: undefined, ...others, planned: async () => planned });
}

describe('the status of a run', () => {
  it.each([
    ['trains', { held: lock(1), view: { begin: begin(2), end: undefined } }, 'training', true],
    ['is about to leave', { held: lock(1), view: { begin: begin(2), end: end(3, 'stopped') } }, 'stopped', true],
    ['was started again, and plans', { held: lock(5), view: { begin: begin(2), end: end(3) } }, 'planning', false],
    [
      'trains without a live log',
      { held: lock(5), view: { begin: begin(2), end: end(3) }, planned: at(6) },
      'training',
      false,
    ],
    ['plans', { mark: { time: at(5), isRunning: true }, view: { begin: begin(2), end: end(3) } }, 'planning', false],
    ['is awaited', { isAwaited: true, results: results(1) }, 'planning', false],
    ['finished', { view: { begin: begin(2), end: end(3) }, results: results(3) }, 'finished', true],
    ['finished on a full disk', { view: { begin: begin(2), end: undefined }, results: results(3) }, 'finished', true],
    [
      'finished later, without a live log',
      { view: { begin: begin(2), end: end(3, 'stopped') }, results: results(9) },
      'finished',
      false,
    ],
    ['failed', { results: results(3, { failures: [{}] }) }, 'failed', false],
    ['was killed', { left: lock(1), view: { begin: begin(2), end: undefined }, results: results(1) }, 'killed', true],
    ['was killed, with an earlier log', { left: lock(5), view: { begin: begin(2), end: end(3) } }, 'killed', false],
    [
      'was killed while it was prepared',
      { mark: { time: at(5), isRunning: false }, view: { begin: begin(2), end: end(3) } },
      'killed',
      false,
    ],
    [
      'left a mark before it finished',
      { mark: { time: at(1), isRunning: false }, results: results(3) },
      'finished',
      false,
    ],
    ['was stopped, without a live log', { results: results(3, { partial: {} }), planned: at(1) }, 'stopped', false],
    ['was stopped before its first release', { planned: at(1) }, 'stopped', false],
  ] as const)('that %s', async (_, evidence, status, isLive) => {
    expect(await statusOf(evidence as never)).toEqual({ status, isLive });
  });
});
