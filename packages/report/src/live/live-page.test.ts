import type { Results } from '@branchline/evaluation';
import { parse } from 'parse5';
import { describe, expect, it } from 'vitest';
import { manyOf } from '../../test/crowd.js';
import { difficultNames, quickResults } from '../../test/fixture.js';
import { finishedState, NOW, planningState, trainingState } from '../../test/live.js';
import { smallResults } from '../../test/small.js';
import { renderReport } from '../report.js';
import { livePage, liveSections } from './live-page.js';
import type { LiveState, LiveStatus } from './live-state.js';
import { changedParts } from './section.js';
import { formatTimeLeft } from './time.js';

const quick = quickResults();
const half = trainingState(quick, 0.55);
const sectionsOf = (state: LiveState) => new Map(liveSections(state).map(({ id, markup }) => [id, markup.text]));
const isHidden = (text: string | undefined) => /^<section id="[a-z]+" hidden>/.test(text ?? '');

describe('the live page', () => {
  it.each<[LiveStatus, string]>([
    ['planning', 'Planning'],
    ['training', 'Training'],
    ['finished', 'Finished'],
    ['failed', 'Failed'],
    ['stopped', 'Stopped'],
    ['killed', 'Killed'],
  ])('of a run that is %s is a whole document', (status, word) => {
    for (const state of [
      { ...half, status },
      { ...planningState(), status },
      { ...finishedState(quick), status },
    ]) {
      const page = livePage(state, { now: NOW });
      const errors: string[] = [];
      parse(page, { onParseError: ({ code }) => errors.push(code) });
      expect(errors).toEqual([]);
      expect(page.includes(`</span> ${word}`)).toBe(true);
      const shown = page.slice(0, page.indexOf('<script>'));
      expect(/.{30}(NaN|Infinity|undefined|\[object).{30}/s.exec(shown)?.[0]).toBeUndefined();
    }
  });

  it('has every id once', () => {
    const ids = [...livePage(half).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('shows what a lane trains, the time left, the speed and the cost', () => {
    const sections = sectionsOf(half);
    expect(sections.get('lanes')).toContain('<bdi title="from scratch">from scratch</bdi>');
    expect(sections.get('lanes')).toMatch(/step \d+ of 480 · loss 3\.214 · rate 0\.0024/);
    const status = sections.get('status')!;
    expect(status).toContain('about 13\u00a0min');
    expect(status).toContain('21.8k tokens/s');
    expect(status).toContain('USD ahead');
    expect(status).toMatch(/2,262 of 4,112/);
  });

  it('draws trained and planned parts of the run graph apart, by their form', () => {
    const counts = (state: LiveState) => {
      const graph = sectionsOf(state).get('graph')!.split('<svg viewBox="0 0 1040')[1]!;
      const count = (pattern: RegExp) => graph.match(pattern)?.length ?? 0;
      return {
        planned: count(/class="strand c\d planned"/g),
        partly: count(/pathLength="1" stroke-dasharray/g),
        done: count(/class="station( derived)? done"/g),
        ahead: count(/class="station( derived)? ahead"/g),
      };
    };
    const [none, some, all] = [trainingState(quick, 0), half, finishedState(quick)].map(counts);
    expect(none).toMatchObject({ partly: 0, done: 0 });
    expect(some!.planned).toBeLessThan(none!.planned);
    expect(some!.partly).toBeGreaterThan(0);
    expect(some!.done).toBeGreaterThan(0);
    expect(some!.done + some!.ahead).toBe(none!.ahead);
    expect(all).toEqual({ planned: 0, partly: 0, done: none!.ahead, ahead: 0 });
  });

  it('leaves the graph of a report as it is', () => {
    expect(/class="[^"]*(?<!heat )\b(planned|done|ahead)\b/.exec(renderReport(quick))).toBeNull();
  });

  it('does not claim that nothing was released before costs are known', () => {
    const early = sectionsOf(trainingState(quick, 0.01)).get('releases')!;
    expect(early).toContain('No release is evaluated yet');
    expect(early).not.toContain('nothing was released');
    // The costs of the state are all zero; the plan says what the releases cost.
    const later = sectionsOf(half).get('releases')!;
    expect(later).toContain('continual: 40% of the tokens, loss 1.632');
    expect(later).not.toContain('nothing was released');
  });

  it('adds up the steps of every strategy, shared ones for each', () => {
    const cost = sectionsOf(half).get('cost')!;
    const shares = [...cost.matchAll(/<td class="ratio"><span>([^<]+)</g)].map(([, share]) => share);
    expect(shares).toEqual(['48%', '100%', '100%', '100%', '0%', '0%']);
    expect(
      sectionsOf(finishedState(quick))
        .get('cost')!
        .match(/<span>100%</g),
    ).toHaveLength(6);
  });

  it('hides what there is nothing of', () => {
    const planning = sectionsOf(planningState());
    for (const id of ['lanes', 'messages', 'graph', 'releases', 'cost', 'paths'])
      expect(isHidden(planning.get(id)), id).toBe(true);
    expect(isHidden(sectionsOf(finishedState(quick)).get('lanes'))).toBe(true);
    expect(isHidden(sectionsOf({ ...half, lanes: [] }).get('lanes'))).toBe(false);
    expect(isHidden(sectionsOf({ ...half, status: 'killed' }).get('lanes'))).toBe(false);
    expect(isHidden(sectionsOf({ ...half, status: 'killed', lanes: [] }).get('lanes'))).toBe(true);
  });

  it('has the latest messages first, and folds the others away', () => {
    const messages = Array.from({ length: 300 }, (_, index) => ({ level: 'warn' as const, text: `message ${index}` }));
    const section = sectionsOf({ ...half, messages }).get('messages')!;
    const shown = [...section.matchAll(/message (\d+)/g)].map(([, index]) => Number(index));
    expect(shown[0]).toBe(299);
    expect(shown).toHaveLength(100);
    expect(section).toContain('200 more are in the output of the run');
  });

  it('escapes everything that comes from files', () => {
    const evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>';
    const results = smallResults((plain) => `${plain}${evil}`);
    const state = trainingState(results, 0.5, {
      experiment: evil,
      about: evil,
      currency: evil,
      messages: [{ level: 'error', text: evil }],
      lanes: [{ name: evil, strategies: [`one${evil}`, evil], step: 1, steps: 2, loss: Number.NaN, rate: 0 }],
    });
    const page = livePage(state, { report: 'report', events: 'events' });
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain('<img');
    for (const { markup } of liveSections(state)) expect(markup.text).not.toContain('<script');
    expect(
      livePage(
        trainingState(
          quickResults((name) => difficultNames[name]!),
          0.5,
        ),
      ).match(/<script/g),
    ).toHaveLength(1);
  });

  it('shows one strategy and thirty', () => {
    for (const count of [1, 30]) {
      const sections = sectionsOf(trainingState(manyOf(count), 0.4));
      expect(sections.get('cost')!.match(/<tr><th scope="row">/g)).toHaveLength(count);
      expect(sections.get('paths')!.match(/<figure id="paths-\d+"/g)).toHaveLength(count);
    }
  });

  it('gives a strategy only those steps of a shared track that it shares', () => {
    const warmup = quick.graph.edges.find(({ strategies }) => strategies.length > 2)!;
    const end = quick.graph.nodes[warmup.to]!.position;
    const [track] = half.curves;
    const lastStep = (strategy: string) => {
      const strategies = ['from scratch', strategy];
      const section = sectionsOf({ ...half, curves: [{ ...track!, strategies }] }).get('paths')!;
      const index = quick.strategies.findIndex(({ name }) => name === strategy);
      const panel = section.split(`<figure id="paths-${index}"`)[1]!.split('</figure>')[0]!;
      return Number(/trained to step (\d+)/.exec(panel)?.[1]);
    };
    expect(lastStep('from scratch')).toBe(track!.points.at(-1)![0]);
    expect(lastStep('path switching')).toBeLessThanOrEqual(end);
    expect(lastStep('path switching')).toBeGreaterThan(0);
  });

  it('draws the seed that is trained', () => {
    const both = twoSeeds(quick);
    const state = trainingState(both, 0.6);
    expect(state.lanes).toHaveLength(1 + 1);
    const second = { ...state, lanes: [{ ...state.lanes[0]!, seed: 18 }] };
    expect(sectionsOf(second).get('graph')).toContain('Seed 18 is drawn');
    expect(sectionsOf({ ...state, lanes: [] }).get('graph')).toContain('Seed 17 is drawn');
  });
});

describe('changed parts', () => {
  it('are those that differ, whole sections or single panels', () => {
    const before = liveSections(half);
    expect(changedParts(before, liveSections(half)).size).toBe(0);
    const lane = { ...half.lanes[0]!, step: 300 };
    expect([...changedParts(before, liveSections({ ...half, lanes: [lane] })).keys()]).toEqual(['lanes']);
    const [first, ...others] = half.curves;
    const longer = { ...first!, points: first!.points.map(([at, loss, rate]) => [at, loss, rate * 0.9] as const) };
    expect([...changedParts(before, liveSections({ ...half, curves: [longer, ...others] })).keys()]).toEqual([
      'paths-0',
    ]);
    expect([...changedParts([], before).keys()]).toEqual(before.map(({ id }) => id));
  });
});

describe('the time left', () => {
  it.each([
    [0, 'less than a minute'],
    [59, 'less than a minute'],
    [70, 'about 1 min'],
    [91, 'about 2 min'],
    [3599, 'about 1 h'],
    [3 * 3600 + 400, 'about 3 h 10 min'],
    [50 * 3600, 'about 2 d 2 h'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(formatTimeLeft(seconds)?.replaceAll('\u00a0', ' ')).toBe(text);
  });

  it('is unknown when it would be absurd', () => {
    for (const seconds of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e12]) {
      expect(formatTimeLeft(seconds)).toBeUndefined();
      expect(livePage({ ...half, timeLeft: { seconds, from: 'this run' } })).toContain('not known yet');
    }
  });
});

/** The same results under a further seed. */
function twoSeeds(results: Results): Results {
  const again = (key: string) => `5eed${key.slice(4)}`;
  const { nodes, edges } = results.graph;
  return {
    ...results,
    seeds: [17, 18],
    strategies: results.strategies.flatMap((of) => [
      of,
      {
        ...of,
        seed: 18,
        releases: of.releases.map((one) => ({ ...one, seed: 18, checkpoint: again(one.checkpoint) })),
      },
    ]),
    graph: {
      ...results.graph,
      nodes: [
        ...nodes,
        ...nodes.map((node) => ({ ...node, id: node.id + nodes.length, seed: 18, key: again(node.key) })),
      ],
      edges: [
        ...edges,
        ...edges.map((edge) => ({ ...edge, from: edge.from + nodes.length, to: edge.to + nodes.length })),
      ],
    },
  };
}
