/** Made-up verdicts, and the quick experiment under several seeds. */
import type { ClaimResult, ComparisonResult, Results } from '@branchline/evaluation';
import { quickResults } from './fixture.js';
import { sha } from './walk.js';

type Text = (plain: string) => string;
const plain: Text = (text) => text;

const claimOf = (id: string, strategy: string, change: Partial<ClaimResult>): ClaimResult => ({
  id,
  claim: id,
  expect: null,
  terms: [{ strategy, weight: 1, metric: 'loss', version: 'last' }],
  margin: 0.01,
  seeds: [1, 2, 3],
  values: [-0.02, -0.03, -0.04],
  effect: -0.03,
  deviation: 0.01,
  interval: { low: -0.055, high: -0.005, confidence: 0.975 },
  equivalenceInterval: { low: -0.047, high: -0.013, confidence: 0.95 },
  p: 0.02,
  adjusted: 0.04,
  verdict: 'better',
  reason: null,
  ...change,
});

const unknown = { effect: null, deviation: null, interval: null, equivalenceInterval: null, p: null, adjusted: null };

/** A comparison of `two` with `one`, and a claim of each kind. */
export function comparisonOf(one: string, two: string, text: Text = plain): ComparisonResult {
  const terms: ClaimResult['terms'] = [
    { strategy: two, weight: 1, metric: { domain: text('prose') }, version: 'slope' },
    { strategy: one, weight: -1, metric: { heldOut: text('spring') }, version: 2 },
    { strategy: one, weight: 1, metric: { domain: text('prose'), heldOut: text('spring') }, version: 'last' },
    { strategy: two, weight: 1, metric: 'forgetting', version: 'last' },
  ];
  const claims = [
    claimOf(text('holds'), two, { claim: text('in words'), terms, expect: '<= margin', verdict: 'holds' }),
    claimOf(text('close'), two, { expect: '~ 0', verdict: 'fails' }),
    claimOf(text('tokens'), two, {
      expect: '> 0',
      margin: null,
      values: [1e6, 1e6],
      effect: 1e6,
      verdict: 'undecided',
    }),
    claimOf(text('nothing'), two, {
      ...unknown,
      values: [],
      seeds: [],
      expect: '> 0',
      reason: text('it failed'),
      verdict: 'undecided',
    }),
  ];
  return {
    rule: { metric: 'loss', version: 'last', margin: 0.01, confidence: 0.95, correction: 'holm', claims: [] },
    digest: sha('rule'),
    registration: {
      time: text('2026-01-01T00:00:00Z'),
      releases: 0,
      of: 6,
      others: [
        { time: text('2026-01-02T00:00:00Z'), releases: 3, of: 6, digest: sha('other'), differs: ['rule', 'seeds'] },
      ],
    },
    comparisons: [claimOf(text('two vs one'), two, { claim: text('two against one') })],
    claims,
  };
}

/** The quick experiment under three seeds, whose losses differ by 0.1. */
export function seedsResults(rename: Text = plain): Results {
  const quick = quickResults(rename);
  const seeds = [17, 18, 19];
  const { nodes, edges } = quick.graph;
  return {
    ...quick,
    seeds,
    strategies: seeds.flatMap((seed, index) =>
      quick.strategies.map((strategy) => ({
        ...strategy,
        seed,
        releases: strategy.releases.map((release) => ({ ...release, seed, loss: release.loss + 0.1 * (index - 1) })),
      })),
    ),
    graph: {
      ...quick.graph,
      nodes: seeds.flatMap((seed, index) =>
        nodes.map((node) => ({ ...node, seed, id: node.id + index * nodes.length, key: sha(`${seed} ${node.key}`) })),
      ),
      edges: seeds.flatMap((_, index) =>
        edges.map((edge) => ({ ...edge, from: edge.from + index * nodes.length, to: edge.to + index * nodes.length })),
      ),
    },
    comparison: {
      ...comparisonOf(rename('from scratch'), rename('continual'), (text) =>
        rename === plain ? text : rename('CDMA'),
      ),
      comparisons: quick.strategies.slice(1).map(({ name }, index) =>
        claimOf(`${name} vs from scratch`, name, {
          verdict: (['better', 'worse', 'equivalent', 'undecided'] as const)[index % 4]!,
        }),
      ),
    },
  };
}
