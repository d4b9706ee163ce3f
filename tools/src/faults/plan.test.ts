import { describe, expect, it } from 'vitest';
import { describeCase, drawCase, drawCases, KINDS, type Lengths } from './plan.ts';

const LENGTHS: Lengths = {
  ...{ preparation: 60, run: 6000, steps: 140, milliseconds: 1500, preparationBytes: 1e5, runBytes: 4e6 },
  growth: { moments: 2500, milliseconds: 900, bytes: 2e6 },
};
const draw = (kind: (typeof KINDS)[number], number: number, seed = 1) => drawCase(kind, number, seed, LENGTHS, true);
const MANY = 200;

describe('the cases', () => {
  it('depend only on seed, kind and number', () => {
    const all = drawCases(KINDS, 3, draw);
    expect(all).toHaveLength(3 * KINDS.length);
    expect(all.slice(0, KINDS.length).map(({ kind }) => kind)).toEqual(KINDS);
    expect(all.filter(({ kind }) => kind === 'nan')).toEqual([1, 2, 3].map((number) => draw('nan', number)));
    expect(drawCases(['nan'], 1, draw)).toEqual([draw('nan', 1)]);
    expect(draw('SIGKILL', 1, 2)).not.toEqual(draw('SIGKILL', 1));
  });

  it('lie within the run, cover its beginning and end, and use every initial state', () => {
    const begins = new Set<string>();
    const moments: number[] = [];
    for (const { begin, actions } of drawCases(KINDS, MANY, draw)) {
      begins.add(begin);
      for (const action of actions) {
        if (action.do !== 'run' || action.injection.kind !== 'signal') continue;
        const [at] = action.injection.at as [number];
        expect(at).toBeGreaterThanOrEqual(1);
        const { preparation, run, growth } = LENGTHS;
        const last = { nothing: preparation, earlier: growth.moments, text: run, run };
        expect(at).toBeLessThanOrEqual(last[begin]);
        if (begin !== 'earlier') moments.push(at);
      }
    }
    expect([...begins].sort()).toEqual(['earlier', 'nothing', 'run', 'text']);
    const share = (from: number, to: number) => moments.filter((at) => at > from && at <= to).length / moments.length;
    for (let part = 0; part < 10; part++) expect(share(part * 600, (part + 1) * 600)).toBeGreaterThan(0.04);
    expect(share(5960, 6000)).toBeGreaterThan(0.03);
  });

  it('give every existing step a NaN eventually', () => {
    const steps = drawCases(['nan'], 2000, draw).map(({ actions: [action] }) =>
      action!.do === 'run' && action!.injection.kind === 'nan' ? action!.injection.at : 0,
    );
    expect(Math.min(...steps)).toBe(1);
    expect(Math.max(...steps)).toBe(LENGTHS.steps);
    expect(new Set(steps).size).toBe(LENGTHS.steps);
  });

  it('simulate a full disk if none can be mounted', () => {
    const played = drawCase('full-disk', 1, 1, LENGTHS, false);
    expect(played.actions).toMatchObject([{ do: 'run', injection: { kind: 'failure', code: 'ENOSPC', lasts: true } }]);
    expect(draw('full-disk', 1).actions).toMatchObject([{ do: 'fill' }]);
  });

  it('stop an update one to three times, with every kind of stop', () => {
    const stops = new Set<string>();
    const counts = new Set<number>();
    const moments: number[] = [];
    for (const { begin, actions } of drawCases(['growth'], MANY, draw)) {
      expect(begin).toBe('earlier');
      counts.add(actions.length);
      for (const action of actions) {
        if (action.do === 'signal') stops.add(`${action.signal} from outside`);
        else if (action.do === 'run' && action.injection.kind === 'signal') {
          stops.add(`${action.injection.signal} at a moment`);
          moments.push(...action.injection.at);
        } else stops.add(action.do);
      }
    }
    expect([...counts].sort()).toEqual([1, 2, 3]);
    expect([...stops].sort()).toEqual([
      'SIGKILL at a moment',
      'SIGKILL from outside',
      'SIGTERM at a moment',
      'SIGTERM from outside',
      'fill',
    ]);
    expect(Math.min(...moments)).toBeLessThan(40);
    expect(Math.max(...moments)).toBeGreaterThan(LENGTHS.growth.moments - 40);
  });

  it('have a readable description', () => {
    const plan = {
      ...({ kind: 'damaged-ledger', number: 1, begin: 'text' } as const),
      actions: [
        { do: 'run', injection: { kind: 'signal', signal: 'SIGKILL', at: [7], half: true } },
        { do: 'damage', target: 'ledger', form: 'flip', file: 0, place: 0.5 },
      ] as const,
    };
    expect(describeCase(plan)).toBe(
      'on prepared text: SIGKILL at moment 7, half of a write done; flip a file of ledger at 50.0%',
    );
  });
});
