/** The figures of the curriculum paper. */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperFigure } from '../paper/definition.js';
import { lossEstimate } from '../paper/figures.js';
import { differenceOf, estimateOf, lossOf } from '../paper/tables.js';
import {
  averageName,
  BASELINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  LENGTHS,
  LONGEST,
  moderateName,
  ORDERS,
  type Order,
  QUALITIES,
  SPACING,
  SPACINGS,
  SWEPT,
  SWITCHING,
  spacingName,
  WINDOW,
  WINDOWS,
  windowName,
} from './names.js';

type Lines = Extract<PaperFigure, { kind: 'lines' }>;
type Panel = Lines['panels'][number];
/** Positions on an axis, each with a label and the name of its strategy for an order. */
type Ladder = readonly { readonly at: number; readonly label: string; readonly name: (order: Order) => string }[];

const part = (share: number) => `1/${Math.round(1 / share)}`;

const BY_END: Ladder = [
  ...ENDS.map((end) => ({ at: end, label: part(end), name: (order: Order) => decayName(order, LONGEST, end) })),
  { at: 1, label: 'none', name: constantName },
].sort((a, b) => a.at - b.at);

const BY_LENGTH: Ladder = [
  { at: 0, label: 'none', name: constantName },
  ...LENGTHS.map((length) => ({
    at: length,
    label: `${Math.round(100 * length)}%`,
    name: (order: Order) => decayName(order, length, DEEPEST),
  })),
];

/**
 * Figures of all trained experiments. Decoder and quadratic have separate figures, because their losses are not
 * comparable.
 */
export function figuresOfCurriculum({ results }: Facts): readonly PaperFigure[] {
  return (['', 'theory-'] as const).flatMap((prefix) => {
    const what = prefix === '' ? 'decoder' : 'quadratic';
    const { [`${prefix}orders`]: orders, [`${prefix}switching`]: switching } = results;
    return [
      ...(orders === undefined ? [] : figuresOfOrders(orders, prefix, what)),
      ...(prefix === '' ? scorersFigure(results) : []),
      ...(switching === undefined ? [] : [switchingFigure(switching, prefix, what)]),
    ];
  });
}

function figuresOfOrders(results: Results, prefix: string, what: string): readonly PaperFigure[] {
  const lines = (
    id: string,
    words: Pick<Lines, 'title' | 'caption' | 'xTitle' | 'panels'> & Partial<Lines>,
  ): Lines => ({
    yTitle: 'loss, nats per token',
    ...words,
    kind: 'lines',
    id: `${prefix}${id}`,
    title: `${words.title} (${what})`,
  });
  return [
    lines('end-rates', {
      title: 'Where a decay ends',
      caption: `Loss by the end of a decay over 37% of the training, as a share of the peak; means over seeds with 95% intervals. The paper's best is near zero when shuffled and near 1/3 when ascending.`,
      xTitle: 'rate at the end, share of the peak',
      xScale: 'log',
      xTicks: BY_END.map(({ at, label }) => ({ at, label })),
      panels: [panelOf(results, '', BY_END)],
    }),
    lines('decay-lengths', {
      title: 'How long a decay is',
      caption:
        'Loss by the length of a decay to 1/300 of the peak, as a share of the training; means over seeds with 95% intervals.',
      xTitle: 'length of the decay, share of the training',
      xTicks: BY_LENGTH.map(({ at, label }) => ({ at, label })),
      panels: [panelOf(results, '', BY_LENGTH)],
    }),
    lines('averages', {
      title: 'Averages by the span of their checkpoints',
      caption:
        'Loss of plain averages under a constant rate by how far the oldest checkpoint lies back: 3, 6 and 12 checkpoints a 40th of the training apart, and six that are an 80th, a 40th and a 20th apart. At 0 is the last checkpoint alone.',
      xTitle: 'from the oldest to the newest checkpoint, share of the training',
      panels: SWEPT.map((order) => averagesPanel(results, order)),
    }),
    matrixOf(results, prefix, what),
  ];
}

const panelOf = (results: Results, title: string, ladder: Ladder): Panel => ({
  title,
  series: SWEPT.map((order) => ({
    label: order,
    points: ladder.flatMap(({ at, name }) => pointAt(results, at, name(order))),
  })),
});

function pointAt(results: Results, x: number, name: string) {
  const y = lossEstimate(results, name);
  return y === undefined ? [] : [{ x, y }];
}

function averagesPanel(results: Results, order: Order): Panel {
  const last = pointAt(results, 0, constantName(order));
  return {
    title: order,
    series: [
      {
        label: '3, 6, 12 checkpoints',
        points: [
          ...last,
          ...WINDOWS.flatMap((count) => pointAt(results, (count - 1) * SPACING, windowName(order, count))),
        ],
      },
      {
        label: '6 checkpoints',
        points: [
          ...last,
          ...SPACINGS.flatMap((spacing) => pointAt(results, (WINDOW - 1) * spacing, spacingName(order, spacing))),
        ],
      },
    ],
  };
}

/** Orders by schedules and averages, as differences to the baseline. */
function matrixOf(results: Results, prefix: string, what: string): PaperFigure {
  const columns: readonly (readonly [string, (order: Order) => string])[] = [
    ['constant', constantName],
    ['constant, ema', (order) => averageName(constantName(order), 'ema')],
    ['to 1/3', moderateName],
    ['to 1/3, ema', (order) => averageName(moderateName(order), 'ema')],
    ['to 1/300', (order) => decayName(order, LONGEST, DEEPEST)],
  ];
  const baseline = lossOf(results, BASELINE)?.mean;
  const value = (name: string) => {
    const mean = lossOf(results, name)?.mean;
    return mean === undefined || baseline === undefined ? null : mean - baseline;
  };
  return {
    kind: 'matrix',
    id: `${prefix}orders`,
    title: `Orders, schedules and averages (${what})`,
    caption: 'Loss less that of the baseline, shuffled data under a decay over 37% to 1/300: below 0 is better.',
    rowTitle: 'order',
    columnTitle: 'schedule, average',
    panels: [
      {
        title: '',
        rows: ORDERS,
        columns: columns.map(([column]) => column),
        values: ORDERS.map((order) => columns.map(([, name]) => value(name(order)))),
      },
    ],
    tint: 'diverging',
    digits: 4,
  };
}

/** Gain of ascending order by known and by scored quality. */
function scorersFigure(results: Facts['results']): readonly PaperFigure[] {
  const comparisons = [
    ['ascending - shuffled', constantName('ascending'), constantName('shuffled')],
    ['CMA - baseline', averageName(constantName('ascending'), 'ema'), BASELINE],
    ['CDMA - baseline', averageName(moderateName('ascending'), 'ema'), BASELINE],
  ] as const;
  const bars = comparisons.flatMap(([group, name, against]) =>
    QUALITIES.flatMap(([quality, experiment]) => {
      const found = results[experiment];
      const difference = found === undefined ? undefined : differenceOf(found, name, against);
      return difference === undefined ? [] : [{ label: `${group}, ${quality}`, group, value: estimateOf(difference) }];
    }),
  );
  if (!QUALITIES.every(([, experiment]) => results[experiment] !== undefined)) return [];
  return [
    {
      kind: 'bars',
      id: 'scorers',
      title: 'Quality known and scored (decoder)',
      caption:
        'Differences of losses, paired by seed, with 95% intervals, when data is ordered by its known quality, its compression ratio, and an n-gram model: below 0, ascending order is better than what it is compared with.',
      valueTitle: 'difference of losses, nats per token',
      bars,
    },
  ];
}

/** Releases of path switching and of its main path, compared with path switching on shuffled increments. */
function switchingFigure(results: Results, prefix: string, what: string): PaperFigure {
  const series = (names: readonly string[]) =>
    names.map((name) => ({
      label: name,
      points: (results.strategies[0]?.releases ?? []).flatMap(({ version }, release) => {
        const difference = differenceOf(results, name, SWITCHING.baseline, release);
        return difference === undefined ? [] : [{ x: version, y: estimateOf(difference) }];
      }),
    }));
  const { sorted, moderate, moderateAverage, sortedBefore, main, mainSorted, mainAverage, mainSortedAverage } =
    SWITCHING;
  const versions = results.strategies[0]?.releases.map(({ version }) => version) ?? [];
  return {
    kind: 'lines',
    id: `${prefix}switching`,
    title: `Curricula inside path switching (${what})`,
    caption:
      'Loss of every release less that of path switching on shuffled increments under the same seed, means with 95% intervals: below 0 is better.',
    xTitle: 'version',
    xTicks: versions.map((version) => ({ at: version, label: `${version}` })),
    yTitle: 'difference of losses, nats per token',
    panels: [
      { title: 'branches', series: series([sorted, moderate, moderateAverage, sortedBefore]) },
      { title: 'main path', series: series([main, mainSorted, mainAverage, mainSortedAverage]) },
    ],
  };
}
