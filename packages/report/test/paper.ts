/** A made-up reproduction with a figure of each kind and claims of each verdict. */
import type { ClaimResult } from '@branchline/evaluation';
import type { Estimate, FigureGraph, PageClaim, PaperFigure, PaperPage } from '../src/index.js';
import { comparisonOf } from './comparison.js';
import { sha } from './walk.js';

type Text = (plain: string) => string;

/** A number in [0, 1) that depends only on `text`. */
const chance = (text: string) => Number.parseInt(sha(text).slice(0, 8), 16) / 2 ** 32;
const around = (value: number, half: number): Estimate => ({ value, low: value - half, high: value + half });

/** Realistic names, costs and losses: many points at three costs, and two outliers. */
const FAMILIES: readonly (readonly [string, number, number, readonly string[]])[] = [
  [
    'from scratch',
    1,
    2.48,
    ['cosine', 'knee', 'multi-step', 'stable-decay', '1-sqrt', 'linear', 'inverse square root', 'constant'],
  ],
  [
    'continual training',
    0.4,
    2.53,
    ['cosine', 'knee', 'multi-step', 'low constant', 'replay 1%', 'replay 5%', 'replay 25%', 'infinite'],
  ],
  [
    'path switching',
    0.58,
    2.45,
    [
      'cosine',
      'knee',
      'multi-step',
      '1-sqrt',
      'low rate in stage one',
      'peak again in stage two',
      'half a decay in stage two',
      'alpha 0.1',
      'alpha 0.2',
      'alpha 0.3',
      'alpha 0.8',
      'alpha 1',
    ],
  ],
  [
    'averages of the main path',
    0.4,
    2.46,
    [
      'no average',
      'last 3',
      'last 6',
      'last 12',
      'last 24',
      'EMA',
      'WMA',
      'merge for a decay',
      'alpha 0.1 and average',
      'alpha 0.2 and average',
      'alpha 0.3 and average',
      'LAWA',
      'WSD-S',
    ],
  ],
];

const COSTS: Readonly<Record<string, number>> = {
  knee: 0.49,
  'multi-step': 0.436,
  'alpha 0.1': 0.43,
  'alpha 0.2': 0.46,
  'alpha 0.3': 0.49,
  'alpha 0.8': 0.64,
  'alpha 1': 0.7,
  'alpha 0.1 and average': 0.43,
  'alpha 0.2 and average': 0.46,
  'alpha 0.3 and average': 0.49,
};

/** Forty-one strategies. */
export function costLossFigure(text: Text = (plain) => plain): PaperFigure {
  const points = FAMILIES.flatMap(([family, cost, loss, kinds]) =>
    kinds.map((kind) => {
      const label = `${family === 'averages of the main path' ? 'main path' : family}, ${kind}`;
      const far = kind === 'low constant' ? 0.4 : kind === 'low rate in stage one' ? 0.35 : 0;
      return {
        label: text(label),
        group: text(family),
        cost: cost === 1 ? 1 : (COSTS[kind] ?? cost),
        loss: around(loss + far + 0.08 * (chance(label) - 0.45), 0.02 + 0.05 * chance(`${label} half`)),
        ...(label === 'from scratch, cosine' ? { baseline: true } : {}),
      };
    }),
  );
  return {
    kind: 'cost-loss',
    id: 'cost-loss',
    title: text('What a lower loss costs'),
    caption: text('Loss after version 4 against the tokens trained for all four versions. Down and left is better.'),
    points,
    costTitle: text('tokens trained, of training from scratch (PTFS)'),
    lossTitle: text('held-out loss after version 4, nats per byte'),
    floor: { cost: 0.4, label: text('every token once') },
  };
}

type Node = FigureGraph['nodes'][number];
type Edge = FigureGraph['edges'][number];

/** Four versions: a trunk of increments with branches, or separate training from scratch for each. */
export function graphOf(kind: 'trunk' | 'separate', strategies: readonly string[], steps = 150): FigureGraph {
  const nodes: Node[] = [{ id: 0, kind: 'init', position: 0, releases: [] }];
  const edges: Edge[] = [];
  const add = (from: number, length: number, version?: number) => {
    const releases = version === undefined ? [] : strategies.map((strategy) => ({ strategy, version }));
    const id = nodes.length;
    nodes.push({ id, kind: 'step', position: nodes[from]!.position + length, releases });
    edges.push({ from, to: id, kind: 'train', steps: length, strategies });
    return id;
  };
  let at = 0;
  for (const version of [1, 2, 3, 4]) {
    if (kind === 'separate') {
      add(0, version * steps, version);
      continue;
    }
    const fork = add(at, 0.4 * steps);
    add(fork, 0.6 * steps, version);
    if (version < 4) at = add(fork, 0.6 * steps);
  }
  return { nodes, edges };
}

/** A figure of each kind, the headline first. */
export function figuresOf(text: Text = (plain) => plain): readonly PaperFigure[] {
  const rates = [0, 1, 3, 10, 30, 300];
  const orders = ['shuffled', 'ascending', 'descending', 'folded'];
  const matrix = (name: string) => ({
    title: text(name),
    rows: [1, 2, 3, 4].map((row) => text(`release ${row}`)),
    columns: ['declarations', 'JavaScript', 'Markdown', 'YAML'].map(text),
    values: [0, 1, 2, 3].map((row) =>
      [0, 1, 2, 3].map((column) => (column > row + 1 ? null : 2.4 + 0.8 * chance(`${name}${row}${column}`))),
    ),
  });
  return [
    costLossFigure(text),
    {
      kind: 'graph',
      id: 'graph',
      title: text('The run graph finds path switching'),
      caption: text('Four versions of training from scratch, each strand a segment that is trained once.'),
      panels: [
        { title: text('from scratch, version by version'), graph: graphOf('separate', [text('PTFS')]) },
        {
          title: text('from scratch in order of arrival, and path switching'),
          graph: graphOf('trunk', [text('PTFS'), text('path switching')]),
        },
      ],
      unit: { steps: 150, name: text('T') },
    },
    {
      kind: 'lines',
      id: 'end-rates',
      title: text('Loss against the end of the decay'),
      caption: text('Means over seeds; bands are 95% intervals.'),
      xTitle: text('end of the decay'),
      yTitle: text('loss, nats per byte'),
      xScale: 'log',
      xTicks: rates.slice(1).map((at) => ({ at, label: text(at === 1 ? 'peak' : `peak/${at}`) })),
      panels: ['decoder', 'quadratic'].map((name) => ({
        title: text(name),
        series: orders.map((label) => ({
          label: text(label),
          points: rates.slice(1).map((x) => ({
            x,
            y: around(
              (name === 'decoder' ? 3 : 0.05) * (1 + 0.04 * chance(label + x)),
              name === 'decoder' ? 0.03 : 0.003,
            ),
          })),
        })),
        levels: [{ label: text('baseline'), value: name === 'decoder' ? 3.05 : 0.051 }],
      })),
    },
    {
      kind: 'matrix',
      id: 'forgetting',
      title: text('Loss of each release on the text of each version'),
      caption: text('The lower left is what was learned before.'),
      rowTitle: text('release'),
      columnTitle: text('text of'),
      panels: ['continual', 'replay 5%', 'replay 25%', 'path switching', 'from scratch'].map(matrix),
      tint: 'sequential',
      digits: 2,
    },
    {
      kind: 'bars',
      id: 'advantage',
      title: text('Advantage of ascending order'),
      caption: text('Right of zero, sorting helps.'),
      valueTitle: text('loss of shuffled less that of ascending, nats per byte'),
      bars: ['no decay', 'to peak/3', 'to peak/10', 'to peak/300'].flatMap((label, index) =>
        ['decoder', 'quadratic'].map((group) => ({
          label: text(`${label}, ${group}`),
          value: around(0.06 - 0.035 * index, 0.02),
          group: text(group),
        })),
      ),
    },
  ];
}

/** A page with every kind of content. */
export function paperPage(text: Text = (plain) => plain): PaperPage {
  const comparison = comparisonOf(text('one'), text('two'), text);
  const claimOf = (result: ClaimResult, note: string | null): PageClaim => ({
    id: result.id,
    claim: text('Sorting is better than shuffling'),
    where: text('table 1'),
    verdict: result.verdict as PageClaim['verdict'],
    effect: result.effect,
    interval: result.interval,
    reason: result.verdict === 'holds' ? null : text('the interval reaches across the bound'),
    note: note === null ? null : text(note),
    measured: { experiment: text('compared'), result },
  });
  const counted: PageClaim = {
    ...claimOf(comparison.claims[0]!, null),
    id: text('cost-4'),
    verdict: 'holds',
    effect: 0.58,
    interval: { low: 0.58, high: 0.58 },
    measured: null,
  };
  return {
    paper: text('path-switching'),
    source: text('Wang et al., Learning rate path switching, EMNLP 2024, arXiv 2410.04103'),
    setting: text(
      'Four versions of T = 150 steps of 8 x 64 bytes; losses in nats per byte on held-out text of all versions.',
    ),
    command: text('branchline reproduce path-switching --quick'),
    finishedAt: '2026-01-02T03:04:05Z',
    figures: figuresOf(text),
    tables: [
      {
        title: text('Cost of path switching, in parts of training from scratch'),
        caption: text('The abstract has the figure for four versions.'),
        head: ['versions', 'paper', 'ours'].map(text),
        rows: [2, 3, 4, 5, 6].map((count) => [String(count), `${90 - 5 * count}% (derived)`, `${90 - 5 * count}.0%`]),
      },
      {
        title: text('Strategies'),
        head: ['strategy', 'paper', 'ours', 'loss', 'best at its cost'].map(text),
        rows: [
          [text('PTFS, cosine'), '100%', '100.0%', '2.6063 ±0.1496', ''],
          [text('main path, average'), '-', '40.0%', '2.4413 ±0.1575', 'yes'],
        ],
      },
    ],
    claims: [
      counted,
      ...comparison.claims.map((result) =>
        claimOf(result, result.verdict === 'fails' ? 'A decay does not pay in so few steps.' : null),
      ),
    ],
    experiments: [
      {
        name: text('compared'),
        strategies: 41,
        seeds: 3,
        parameters: 120_000,
        tokensTrained: 12_345_678,
        digest: sha('experiment'),
        failures: [{ strategies: [text('three')], message: text('its plugin failed') }],
        comparison,
        report: 'compared/report.html',
      },
    ],
  };
}
