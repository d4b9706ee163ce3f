/** The figures of the curriculum paper. */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperFigure } from '../paper/definition.js';
import { costLossPoints, lossEstimate } from '../paper/figures.js';
import { differenceOf, estimateOf, lossOf, measureOf } from '../paper/tables.js';
import {
  averageName,
  BASELINE,
  BEST,
  BESTS,
  bestName,
  CDMA,
  CMA,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  FINISHED,
  fullName,
  LEFT_OUT,
  LENGTH,
  LENGTHS,
  moderateName,
  ORDERS,
  type Order,
  part,
  SCORES,
  SPACING,
  SPACINGS,
  SPANS,
  SWEPT,
  SWITCHING,
  selectedName,
  selectedSortedName,
  spacingName,
  spanName,
  WINDOW,
  WINDOWS,
  windowName,
} from './names.js';
import type { Elsewhere } from './text.js';

type Lines = Extract<PaperFigure, { kind: 'lines' }>;
type Panel = Lines['panels'][number];
/** Positions on an axis, each with a label and the name of its strategy for an order. */
type Ladder = readonly { readonly at: number; readonly label: string; readonly name: (order: Order) => string }[];

const BY_END: Ladder = [
  ...ENDS.map((end) => ({ at: end, label: part(end), name: (order: Order) => decayName(order, LENGTH, end) })),
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
export function figuresOfCurriculum({ results }: Facts, elsewhere: Elsewhere): readonly PaperFigure[] {
  return (['', 'theory-'] as const).flatMap((prefix) => {
    const what = prefix === '' ? 'decoder' : 'quadratic';
    const { [`${prefix}orders`]: orders, [`${prefix}switching`]: switching, selection } = results;
    const away = prefix === '' ? elsewhere : undefined;
    return [
      ...(orders === undefined ? [] : figuresOfOrders(orders, prefix, what)),
      ...(prefix === '' ? scoresFigure(results) : []),
      ...(switching === undefined ? [] : figuresOfSwitching(switching, { prefix, what, away })),
      ...(prefix === '' && selection !== undefined ? [selectionFigure(selection)] : []),
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
      caption: `Loss by the end of a decay over ${Math.round(100 * LENGTH)}% of the training, as a share of the peak; means over seeds with 95% intervals. The paper's best is near zero when shuffled and near 1/3 when ascending.`,
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
        'Loss of plain averages under a constant rate by how far the oldest checkpoint lies back: 3, 6 and 12 checkpoints an 80th of the training apart, and six that are an 80th, a 40th and a 20th apart. At 0 is the last checkpoint alone.',
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
    ['to 1/300', fullName],
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
    caption: `Loss less that of the baseline, shuffled data under a decay over ${Math.round(100 * LENGTH)}% to 1/300: below 0 is better.`,
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

/** Gains of orders by the classifier and by the controls. */
function scoresFigure(results: Facts['results']): readonly PaperFigure[] {
  const comparisons = [
    ['ascending - shuffled', constantName('ascending'), constantName('shuffled')],
    ['CMA - baseline', CMA, BASELINE],
    ['CDMA - baseline', CDMA, BASELINE],
    ['best 20% last - baseline', FINISHED, BASELINE],
  ] as const;
  const bars = comparisons.flatMap(([group, name, against]) =>
    SCORES.flatMap(([score, experiment]) => {
      const found = results[experiment];
      const difference = found === undefined ? undefined : differenceOf(found, name, against);
      return difference === undefined ? [] : [{ label: `${group}, ${score}`, group, value: estimateOf(difference) }];
    }),
  );
  if (!SCORES.every(([, experiment]) => results[experiment] !== undefined)) return [];
  return [
    {
      kind: 'bars',
      id: 'scores',
      title: 'A score of what the model is for, and controls (decoder)',
      caption:
        'Differences of losses, paired by seed, with 95% intervals, when data is ordered by the classifier, by compression ratio, by an n-gram model, and by known noise: below 0, the order is better than what it is compared with.',
      valueTitle: 'difference of losses, nats per token',
      bars,
    },
  ];
}

/** Cost against both losses, and the best share against the span of its average. */
function figuresOfSwitching(
  results: Results,
  { prefix, what, away }: { readonly prefix: string; readonly what: string; readonly away: Elsewhere | undefined },
): readonly PaperFigure[] {
  const groupOf = (name: string) =>
    name.startsWith('best ') ? 'best share last' : name.includes('sorted') ? 'sorted' : 'other';
  const front = (id: string, title: string, metrics?: Elsewhere['metrics']): PaperFigure => ({
    kind: 'cost-loss',
    id: `${prefix}${id}`,
    title: `${title} (${what})`,
    caption: 'Cost in parts of training from scratch, loss after version 4; means over seeds with 95% intervals.',
    points: costLossPoints(results, groupOf, metrics === undefined ? undefined : measureOf(results, metrics)),
    costTitle: 'cost, of training from scratch',
    lossTitle: 'loss after version 4, nats per token',
    floor: { cost: FLOOR, label: 'every token once' },
  });
  const levels = [SWITCHING.scratch, SWITCHING.baseline, SWITCHING.mainAverage].flatMap((name) => {
    const mean = lossOf(results, name)?.mean;
    return mean === undefined ? [] : [{ label: name, value: mean }];
  });
  return [
    front('switching', 'Curricula inside path switching'),
    ...(away === undefined ? [] : [front('elsewhere', `The same on ${away.label}`, away.metrics)]),
    {
      kind: 'lines',
      id: `${prefix}best-share`,
      title: `The best share last, on a main path that never decays (${what})`,
      caption: `Loss after the last version by the share that is sorted at the end of each version, with the default span of the average; and by the span, with the best ${Math.round(100 * BEST)}%.`,
      xTitle: 'share of a version',
      yTitle: 'loss, nats per token',
      panels: [
        {
          title: 'by share and span',
          series: [
            { label: 'best share', points: BESTS.flatMap((best) => pointAt(results, best, bestName(best))) },
            { label: 'span of the average', points: SPANS.flatMap((span) => pointAt(results, span, spanName(span))) },
          ],
          levels,
        },
      ],
    },
  ];
}

/** Cost of every token once, of training four versions from scratch. */
const FLOOR = 0.4;

/** Loss by the share of the text that is left out. */
function selectionFigure(results: Results): PaperFigure {
  const series = (label: string, whole: string, name: (out: number) => string) => ({
    label,
    points: [pointAt(results, 0, whole), ...LEFT_OUT.map((out) => pointAt(results, out, name(out)))].flat(),
  });
  return {
    kind: 'lines',
    id: 'selection',
    title: 'The worst text left out, against sorting it (decoder)',
    caption:
      'Loss by the share of the text that is left out, those with the lowest scores; means over seeds with 95% intervals. Equal steps repeat what is left, fewer steps see it once.',
    xTitle: 'share that is left out',
    yTitle: 'loss, nats per token',
    panels: [
      {
        title: '',
        series: [
          series('equal steps, decay', BASELINE, (out) => selectedName(out, 'equal')),
          series('fewer steps, decay', BASELINE, (out) => selectedName(out, 'fewer')),
          series('fewer steps, ascending, ema', CMA, selectedSortedName),
        ],
      },
    ],
  };
}
