/**
 * Measures transfer: the coordinate check, and best rates of a small size and of larger ones under a rule and without.
 * `npm run transfer -- --runs runs/transfer`: prints tables and writes the figures of docs/learning-rate.md. What is
 * stored in `--runs` is not trained again.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type LineSeries, renderFigure } from '@branchline/report';
import { type ExperimentConfig, trainRateGrid, transferExperiment } from 'branchline';
import { BASE, coordinatesAfter } from './coordinates.js';

const root = new URL('../../../', import.meta.url);
const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: 'runs/transfer' },
    /** `coordinates` or `rates`. */
    only: { type: 'string' },
    /** Standard deviation of the initial weights of the tuned run. With another one, no figure is written. */
    'init-std': { type: 'string', default: '0.1' },
    seeds: { type: 'string', default: '2' },
  },
});
const initStd = Number(options['init-std']);

const RULES = ['standard', 'completed-p'] as const;
const NAMES = { standard: 'standard', 'completed-p': 'Complete(d)P' };

/** Widths at two layers, then depths at the smallest width. */
const WIDTHS = [32, 64, 128, 256];
const DEPTHS = [2, 4, 8];

const exactly = (value: number) => ({ value, low: value, high: value });

/** Draws how far the last residual stream moves. */
async function coordinateFigure(): Promise<void> {
  const panel = async (title: string, sizes: readonly (typeof BASE)[], of: (size: typeof BASE) => number) => {
    const series: LineSeries[] = [];
    for (const rule of RULES) {
      const points = [];
      for (const size of sizes) {
        const { stream, logits } = (await coordinatesAfter(rule, size)).coordinates;
        const last = stream.at(-1)!;
        console.log(
          `| ${NAMES[rule]} | ${size.width}x${size.layers} | ${digits(last.change)} | ${digits(logits.change)} |`,
        );
        points.push({ x: of(size), y: exactly(last.change) });
      }
      series.push({ label: NAMES[rule], points });
    }
    return { title, series };
  };
  console.log('| rule | size | change of the stream | change of the logits |\n|---|---|---|---|');
  const panels = [
    await panel(
      'width, at two layers',
      WIDTHS.map((width) => ({ ...BASE, width })),
      ({ width }) => width,
    ),
    await panel(
      'layers, at width 32',
      DEPTHS.map((layers) => ({ ...BASE, layers })),
      ({ layers }) => layers,
    ),
  ];
  // Panels share an axis, and width and depth do not: two figures.
  for (const [index, one] of panels.entries()) {
    const of = index === 0 ? 'width' : 'depth';
    write({
      ...({ kind: 'lines', id: `transfer-coordinates-${of}`, xScale: 'log', panels: [one] } as const),
      title: `How far eight steps move the residual stream, by ${of}`,
      caption: 'Root mean square of the change after the last layer. Both are the same at 32x2.',
      xTitle: index === 0 ? 'width' : 'layers',
      yTitle: 'change',
      xTicks: (index === 0 ? WIDTHS : DEPTHS).map((at) => ({ at, label: String(at) })),
    });
  }
}

const RATES = [1e-3, 2e-3, 4e-3, 8e-3, 0.016, 0.032];
const HORIZON = 200;
const SIZES = [BASE, { ...BASE, width: 64 }, { ...BASE, width: 128 }, { ...BASE, layers: 4 }];

const TUNED: ExperimentConfig = {
  name: 'tuned',
  model: { ...BASE, heads: 2, context: 64, initStd },
  data: { sources: [{ lockfile: new URL('package-lock.json', root).pathname, bytesPerDomain: '600KB' }] },
  training: { batch: 8, lr: { peak: 4e-3, warmup: 20, minRatio: 0.1 } },
  trainer: { trainer: 'tfjs', options: { engine: 'jit', threads: 1 } },
  seeds: Number(options.seeds),
  strategies: { scratch: ['from-scratch'] },
};

/** Finds the best rate of each size under each rule, and what the rate of the small one costs there. */
async function rateFigure(place: string): Promise<void> {
  const { pathname: directory } = root;
  const found = new Map<string, Awaited<ReturnType<typeof trainRateGrid>>['fit']['cells'][number]>();
  for (const size of SIZES) {
    for (const rule of size === BASE ? (['standard'] as const) : RULES) {
      const experiment =
        size === BASE
          ? TUNED
          : ((await transferExperiment(TUNED, size, { rule, directory, name: 'tuned' }))
              .experiment as unknown as ExperimentConfig);
      const name = `${rule}-${size.width}x${size.layers}`;
      const own = { runs: place, directory, name };
      const run = await trainRateGrid({ ...experiment, name }, { rates: RATES, horizons: [HORIZON] }, own);
      found.set(name, run.fit.cells[0]!);
      process.stderr.write(`${name}: ${run.fit.cells[0]!.valley?.optimum ?? run.fit.cells[0]!.none}\n`);
    }
  }
  const tuned = found.get('standard-32x2')!.valley!.optimum;
  const distance = (rate: number) => Math.abs(Math.log(rate / tuned));
  const taken = RATES.reduce((best, rate) => (distance(rate) < distance(best) ? rate : best));
  console.log(
    `| size | rule | best rate | 95% | lowest loss | loss at ${taken} | lost |\n|---|---|---|---|---|---|---|`,
  );
  for (const [name, { valley, none, rates }] of found) {
    const [rule, size] = [name.slice(0, name.lastIndexOf('-')), name.slice(name.lastIndexOf('-') + 1)];
    const interval = valley?.interval?.map(digits).join(' to ') ?? '';
    const lossAt = (wanted: number) => rates.find(({ rate }) => rate === wanted)?.loss ?? Number.NaN;
    const least = Math.min(...RATES.map(lossAt).filter(Number.isFinite));
    const best = valley === null ? `at the edge: ${none}` : digits(valley.optimum);
    const losses = [least, lossAt(taken), lossAt(taken) - least].map((value) => value.toFixed(3));
    console.log(`| ${[size, rule, best, interval, ...losses].join(' | ')} |`);
  }
  if (options['init-std'] !== '0.1') return;
  const series = (rule: (typeof RULES)[number]): LineSeries[] =>
    SIZES.map((size) => {
      const label = `${size.width}x${size.layers}`;
      const cell = found.get(`${size === BASE ? 'standard' : rule}-${label}`)!;
      const points = cell.rates.flatMap(({ rate, loss, losses }) => {
        const own = losses.filter((one) => one !== null);
        // Rates that diverge nearly would hide the valleys.
        if (loss === null || loss > HIGHEST) return [];
        return [{ x: rate, y: { value: loss, low: Math.min(...own), high: Math.max(...own) } }];
      });
      return { label, points };
    });
  write({
    ...({ kind: 'lines', id: 'transfer-rates', xScale: 'log' } as const),
    title: 'Loss by peak rate at four sizes',
    caption: `Held-out loss after ${HORIZON} steps, mean and range of two seeds. A rule is as good as its valleys lie below each other.`,
    xTitle: 'peak rate',
    yTitle: 'loss, nats per byte',
    xTicks: RATES.map((at) => ({ at, label: String(at) })),
    panels: RULES.map((rule) => ({ title: NAMES[rule], series: series(rule) })),
  });
}

/** The highest loss in the figure. */
const HIGHEST = 2.8;

const digits = (value: number) => String(Number(value.toPrecision(3)));

function write(figure: Parameters<typeof renderFigure>[0]): void {
  writeFileSync(new URL(`docs/figures/${figure.id}.svg`, root), renderFigure(figure));
}

if (options.only !== 'rates') await coordinateFigure();
if (options.only !== 'coordinates') await rateFigure(`${options.runs}/${initStd}`);
