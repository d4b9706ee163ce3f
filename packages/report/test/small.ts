import type { Cost } from '@branchline/core';
import type { Results, StrategyResult } from '@branchline/evaluation';
import { comparisonOf } from './comparison.js';
import { sha } from './walk.js';

const cost = (steps: number): Cost => ({
  tokens: steps * 100,
  flops: steps * 1e6,
  steps,
  deviceSeconds: steps / 10,
  energyJoules: steps * 5,
  money: steps / 1000,
});

/**
 * Minimal results with everything that a report draws: two strategies, two versions, a branch, an average, a reset and
 * a failure. `text` is applied to every text that a user could have written.
 */
export function smallResults(text: (plain: string) => string = (plain) => plain): Results {
  const [one, two] = [text('one'), text('two')];
  const versions = [text('spring'), text('summer')];
  const domains = [text('prose'), text('code')];
  const strategy = (name: string, steps: number): StrategyResult => ({
    name,
    seed: 1,
    plugins: [
      {
        name: text('plugin'),
        version: text('1.0.0'),
        options: { [text('key')]: text('value'), [text('list')]: [text('item'), 2], inner: { [text('deep')]: null } },
      },
    ],
    cost: { standalone: cost(steps), attributed: cost(steps / 2), ratioToBaseline: steps / 40 },
    releases: [1, 2].map((version) => ({
      version,
      seed: 1,
      checkpoint: sha(version === 1 ? 'branch' : 'average'),
      weightsDigest: sha(`weights ${version}`),
      averaged: version,
      loss: 3 - version / steps,
      bitsPerByte: 2,
      lossByDomain: Object.fromEntries(domains.map((domain, index) => [domain, 2 + index])),
      lossByVersion: Object.fromEntries(versions.map((name, index) => [name, 2 + index])),
      heldOut: [1, 2].flatMap((of) =>
        domains.map((domain) => ({ version: of, domain, tokens: 25, loss: 2 + of / 8, bitsPerByte: 1 })),
      ),
      ...(version === 2 && { transfer: { forgetting: 0.5, backwardTransfer: -0.25, forwardTransfer: 3 } }),
      validation: [
        {
          ...{ name: text('news'), tokens: 50, loss: 3 + steps / 100, bitsPerByte: 2 },
          lossByDomain: { [text('prose')]: 3 },
        },
      ],
      tasks: [
        {
          ...{ name: text('facts'), items: 8, acc: 0.5, acc_norm: 0.625, chance: 0.25 },
          parts: domains.map((domain) => ({ version: 1, domain, items: 4, acc: 0.5, acc_norm: 0.625, chance: 0.25 })),
        },
      ],
      cumulative: cost(steps * version),
    })),
    captures: [{ checkpoint: sha('main'), position: 20 }],
    paths: [
      {
        version: 1,
        name: 'main',
        begin: 0,
        end: 20,
        releases: false,
        rate: [
          [0, 0],
          [5, 1e-3],
          [20, 1e-3],
        ],
        loss: [
          [0, 5],
          [10, 4],
          [20, 3],
        ],
      },
      {
        version: 1,
        name: text('branch'),
        begin: 10,
        end: 20,
        releases: true,
        rate: [
          [10, 1e-3],
          [20, 1e-4],
        ],
        loss: [
          [10, 4],
          [20, 2],
        ],
      },
      {
        version: 2,
        name: 'main',
        begin: 20,
        end: 40,
        releases: true,
        rate: [
          [20, 1e-3],
          [40, 1e-3],
        ],
        loss: [
          [20, 3],
          [40, 2],
        ],
      },
    ],
  });
  const node = (id: number, key: string, kind: 'init' | 'step' | 'derived' | 'reset', position: number) => ({
    id,
    key: sha(key),
    kind,
    position,
    seed: 1,
    releases: [],
  });
  const released = (version: number) => [one, two].map((name) => ({ strategy: name, version }));
  const edge = (
    from: number,
    to: number,
    kind: 'train' | 'average' | 'reset',
    steps: number,
    strategies = [one, two],
  ) => ({ from, to, kind, steps, weight: kind === 'average' ? 0.5 : 1, strategies });
  return {
    format: 2,
    experiment: {
      name: text('experiment'),
      command: text('branchline bench a.yaml'),
      finishedAt: text('2026-01-01T00:00:00Z'),
      digest: sha('e'),
    },
    model: { spec: { [text('layers')]: text('many') }, parameters: 1000, context: 10, flopsPerToken: 1e4 },
    training: {
      batch: 4,
      lr: { peak: 1e-3, warmup: 5, minRatio: 0.1 },
      optimizer: { name: text('adamw'), beta1: 0.9 },
    },
    data: {
      digest: sha('d'),
      versions: versions.map((name, index) => ({ index: index + 1, name, sequences: 100, tokens: 1000 })),
      domains,
      heldOutTokens: 50,
      validation: [{ name: text('news'), sequences: 5, tokens: 50, removed: { documents: 1, bytes: 20 } }],
    },
    trainer: {
      name: text('trainer'),
      version: text('0.1.0'),
      engine: text('engine'),
      device: text('device'),
      precision: 'float32',
      deterministic: true,
      numerics: text('numerics'),
    },
    seeds: [1],
    baseline: one,
    currency: text('USD'),
    strategies: [strategy(one, 40), strategy(two, 30)],
    graph: {
      segments: 4,
      tokensTrained: 5000,
      tokensStandalone: 7000,
      nodes: [
        node(0, 'init', 'init', 0),
        node(1, 'fork', 'step', 10),
        { ...node(2, 'branch', 'step', 20), releases: released(1) },
        node(3, 'main', 'step', 20),
        node(4, 'reset', 'reset', 20),
        node(5, 'end', 'step', 40),
        { ...node(6, 'average', 'derived', 40), releases: released(2) },
      ],
      edges: [
        edge(0, 1, 'train', 10),
        edge(1, 2, 'train', 10, [two]),
        edge(1, 3, 'train', 10),
        edge(3, 4, 'reset', 0, [one]),
        edge(4, 5, 'train', 20, [one]),
        edge(3, 6, 'average', 0),
        edge(5, 6, 'average', 0),
      ],
    },
    averagingSaved: [{ strategy: two, seed: 1, insteadOf: one, branches: cost(10), extra: cost(5) }],
    comparison: comparisonOf(one, two, text),
    failures: [{ strategies: [text('failed')], message: text('it broke') }],
    actual: cost(50),
  };
}
