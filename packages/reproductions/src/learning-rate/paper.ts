import { BranchlineError } from '@branchline/core';
import { stableOnly } from '@branchline/plugin-baselines';
import { gridOverrides } from '@branchline/plugin-learning-rate';
import type { Facts, Reproduction, Size, Text } from '../paper/definition.js';
import { withClaims } from '../paper/definition.js';
import type { PaperExperiment, PaperStrategy } from '../paper/experiment.js';
import { claimsOfLearningRate } from './claims.js';
import { figuresOfLearningRate } from './figures.js';
import { fitNames, predictedRates, sizeOf, smallFit, targetSetting } from './measures.js';
import { FITTED, gridName, type ModelSize, PREDICTION, runName, sizeText, TARGET } from './names.js';
import { BATCH, CONTEXT, COOLDOWN, HEAD, SCALES, type Scale, type SizeGrid, targetSteps } from './scale.js';
import { tablesOfLearningRate } from './tables.js';

/** Loss of the target is about 1.4 nats: half a percent of it. Smaller differences do not count. */
const MARGIN = 0.007;
const WARMUP = 20;
/** Decays end at a hundredth of the peak. */
const MIN_RATIO = 0.01;
/** Held-out sequences, all of one domain. */
const HELD_OUT_SEQUENCES = 512;

/** The reproduction at a size, or at a scale of its own. */
export function learningRatePaper(size: Size, text: Text, scale: Scale = SCALES[size]): Reproduction {
  const claims = claimsOfLearningRate(scale);
  const { target } = scale;
  const grids = [...scale.fit.map((grid) => [gridName(grid), grid] as const), [TARGET, target] as const];
  const predicted = experimentOf(PREDICTION, target, { text, scale, strategies: predictions(scale) });
  return {
    paper: 'learning-rate',
    source:
      'Zhou et al., How to set the learning rate for large-scale pre-training?, Findings of ACL 2026, arXiv 2601.05049',
    setting: settingOf(scale),
    experiments: [
      ...grids.map(([name, grid]) => experimentOf(name, grid, { text, scale, strategies: gridStrategies(grid) })),
      predicted,
    ].map((experiment) => withClaims(experiment, claims)),
    followUps: {
      [PREDICTION]: {
        needs: [...fitNames(scale), TARGET],
        complete: (planned, facts) => ({ ...planned, strategies: predictions(scale, facts) }),
      },
    },
    plans: [],
    claims,
    tables: (facts) => tablesOfLearningRate(facts, scale),
    figures: (facts) => figuresOfLearningRate(facts, scale),
    tokensPerSecond: 200_000,
  };
}

function settingOf({ fit, target, seeds }: Scale): string {
  const horizons = fit[0]!.horizons.join(', ');
  return [
    `Models of ${fit.map(sizeText).join(', ')} (width x layers) at ${horizons} steps of ${BATCH} x ${CONTEXT} bytes give the law; ${sizeText(target)} at ${target.horizons.at(-1)!} steps tests it.`,
    `${seeds} seeds; the rate is constant after a warm-up of ${WARMUP} steps and decays over the last ${100 * COOLDOWN}% (1-sqrt, to a hundredth).`,
    'Losses in nats per byte on held-out text. Effects of claims about rates are natural logarithms of ratios, those about regret shares of the loss.',
    'Intervals of numbers that are fitted come from the jackknife over seeds.',
    'The rates of each grid were chosen in a trial with seeds of its own.',
  ].join(' ');
}

interface Parts {
  readonly text: Text;
  readonly scale: Scale;
  readonly strategies: PaperExperiment['strategies'];
}

function experimentOf(name: string, size: ModelSize, { text, scale, strategies }: Parts): PaperExperiment {
  return {
    name,
    model: {
      ...{ layers: size.layers, width: size.width, heads: size.width / HEAD, context: CONTEXT },
      // Weights of 0.02, as for large models, leave models of this size on a plateau whose length is luck.
      ...{ initStd: 0.1, tieEmbeddings: false },
    },
    data: {
      sources: text.sources,
      // All text is one version; horizons are set by the strategies.
      versions: { by: 'random', count: 1 },
      heldOut: { sequences: HELD_OUT_SEQUENCES },
    },
    training: { batch: BATCH, lr: { peak: 0.01, warmup: WARMUP, minRatio: MIN_RATIO } },
    strategies,
    seeds: scale.seeds,
    compare: { margin: MARGIN },
  };
}

const gridStrategies = ({ rates, horizons }: SizeGrid): PaperExperiment['strategies'] =>
  Object.fromEntries(
    rates.flatMap((rate) => horizons.map((steps) => [runName(rate, steps), runAt(rate, steps)] as const)),
  );

const runAt = (rate: number, steps: number): PaperStrategy => ({
  plugins: [stableOnly()],
  overrides: gridOverrides({ rate, steps, cooldown: COOLDOWN }),
});

/** A run of the target at the predicted rate. Without facts at a rate of its grid, as a stand-in. */
function predictions(scale: Scale, facts?: Facts): PaperExperiment['strategies'] {
  const rate =
    facts === undefined
      ? scale.target.rates[1]
      : predictedRates(smallFit(facts, scale), targetSetting(sizeOf(facts.results[TARGET]!), scale)).fitted;
  if (rate === undefined) {
    throw new BranchlineError('config', {
      message: 'the grids have too few optima for a law, so that there is no rate to test',
      remedy: 'Use more seeds, or longer text (--data).',
    });
  }
  return { [FITTED]: runAt(rate, targetSteps(scale)) };
}
