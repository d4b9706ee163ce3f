/** Figures of the learning-rate paper. */
import { summarize } from '@branchline/comparison';
import type { Facts, PaperFigure } from '../paper/definition.js';
import { estimateOf } from '../paper/tables.js';
import { fitNames, fittedRate, lossLawOf, observationsOf, smallFit, targetFit, targetName } from './measures.js';
import { gridName, sizeText, TARGET } from './names.js';
import { type Arm, BATCH, CONTEXT, COOLDOWN, type Scale, type SizeGrid, TOKENS } from './scale.js';

type Lines = Extract<PaperFigure, { kind: 'lines' }>;

/** Valleys, the law, and the loss law; those whose experiments were run. */
export function figuresOfLearningRate(facts: Facts, scale: Scale): readonly PaperFigure[] {
  const has = (...names: readonly string[]) => names.every((name) => facts.results[name] !== undefined);
  const fits = fitNames(scale);
  const { mixture } = scale;
  return [
    ...(has(...fits, TARGET) ? [law(facts, scale), valleys(facts, scale), losses(facts, scale)] : []),
    ...(mixture !== undefined && has(...fitNames(mixture), targetName(mixture)) ? [law(facts, mixture)] : []),
  ];
}

const exact = (value: number) => ({ value, low: value, high: value });

/** Losses against the rate, a panel for each size. */
function valleys(facts: Facts, scale: Scale): Lines {
  const panel = (experiment: string, grid: SizeGrid) => {
    const observations = observationsOf(facts.results[experiment]!, grid);
    return {
      title: sizeText(grid),
      series: grid.horizons.map((steps) => ({
        label: `${steps} steps`,
        points: grid.rates.flatMap((rate) => {
          const found = observations.filter((one) => one.rate === rate && one.tokens === steps * TOKENS);
          const finite = found.flatMap(({ loss }) => (loss === null ? [] : [loss]));
          return finite.length < found.length ? [] : [{ x: rate, y: estimateOf(summarize(finite)) }];
        }),
      })),
    };
  };
  return {
    kind: 'lines',
    id: 'valleys',
    title: 'Loss against the peak rate',
    caption: `Means over seeds on held-out text, with 95% intervals; ${sizeText(scale.target)} is the size outside of the fit. All horizons of a size and rate share one stable run.`,
    xTitle: 'peak rate',
    yTitle: 'loss, nats per byte',
    xScale: 'log',
    panels: [...scale.fit.map((grid) => panel(gridName(grid), grid)), panel(TARGET, scale.target)],
  };
}

/** Best rates against the tokens, with the law. */
function law(facts: Facts, arm: Arm): Lines {
  const fit = smallFit(facts, arm, 1000);
  const outside = targetFit(facts, arm, 1000);
  const sizes = [...new Set(fit.cells.map(({ parameters }) => parameters)), outside.cells[0]!.parameters];
  const names = [...arm.fit, arm.target].map(sizeText);
  return {
    kind: 'lines',
    id: arm.experts === undefined ? 'law' : 'experts-law',
    title: arm.experts === undefined ? 'The best rate and the law' : 'The best rate and the law, mixtures of experts',
    caption: `Optima of the grids with bootstrap intervals, and the law that was fitted to all sizes but ${sizeText(arm.target)} and to horizons up to ${arm.fit[0]!.horizons.at(-1)!} steps, continued to ${arm.target.horizons.at(-1)!}.`,
    xTitle: `steps of ${BATCH * CONTEXT} tokens`,
    yTitle: 'best peak rate',
    xScale: 'log',
    xTicks: arm.target.horizons.map((at) => ({ at, label: String(at) })),
    panels: sizes.map((parameters, index) => {
      const cells = [...fit.cells, ...outside.cells].filter((cell) => cell.parameters === parameters);
      return {
        title: names[index]!,
        series: [
          {
            label: 'grid',
            points: cells.flatMap(({ tokens, valley }) => {
              if (valley === null) return [];
              const [low, high] = valley.interval ?? [valley.optimum, valley.optimum];
              return [{ x: tokens / TOKENS, y: { value: valley.optimum, low, high } }];
            }),
          },
          {
            label: 'law',
            points: cells.flatMap(({ tokens }) => {
              const rate = fittedRate(fit, { parameters, tokens, batch: TOKENS, cooldown: COOLDOWN });
              return rate === undefined ? [] : [{ x: tokens / TOKENS, y: exact(rate) }];
            }),
          },
        ],
      };
    }),
  };
}

/** Lowest losses of the target against the tokens, with the law of the shorter horizons. */
function losses(facts: Facts, scale: Scale): Lines {
  const { cells } = targetFit(facts, scale);
  const found = lossLawOf(facts, scale);
  return {
    kind: 'lines',
    id: 'loss',
    title: 'Loss at the best rate against the horizon',
    caption: `The lowest loss of the parabolas at ${sizeText(scale.target)}, and the power law of all horizons but the last.`,
    xTitle: `steps of ${BATCH * CONTEXT} tokens`,
    yTitle: 'loss, nats per byte',
    xScale: 'log',
    xTicks: scale.target.horizons.map((at) => ({ at, label: String(at) })),
    panels: [
      {
        title: sizeText(scale.target),
        series: [
          {
            label: 'grid',
            points: cells.flatMap(({ tokens, valley }) =>
              valley === null ? [] : [{ x: tokens / TOKENS, y: exact(valley.loss) }],
            ),
          },
          ...(found === undefined
            ? []
            : [
                {
                  label: 'power law',
                  points: cells.map(({ tokens }) => ({
                    x: tokens / TOKENS,
                    y: exact(found.floor + found.scale * tokens ** -found.exponent),
                  })),
                },
              ]),
        ],
      },
    ],
  };
}
