import { BranchlineError } from '@branchline/core';
import { stableOnly } from '@branchline/plugin-baselines';
import { gridOverrides } from '@branchline/plugin-learning-rate';
import type { Facts, FollowUp, Reproduction, Size, Text } from '../paper/definition.js';
import { withClaims, withNotes } from '../paper/definition.js';
import type { PaperExperiment, PaperStrategy } from '../paper/experiment.js';
import { claimsOfLearningRate } from './claims.js';
import { figuresOfLearningRate } from './figures.js';
import {
  DIGITS,
  fitNames,
  predictedRates,
  predictionName,
  sizeOf,
  smallFit,
  targetName,
  targetSetting,
} from './measures.js';
import {
  FITTED,
  gridName,
  MODULE_NAMES,
  MODULE_WISE,
  MODULES_ONE,
  MODULES_TARGET,
  type ModelSize,
  moduleName,
  PREDICTION,
  runName,
  sizeText,
  TARGET,
  TRANSFERRED,
  transferName,
} from './names.js';
import { NOTES } from './notes.js';
import {
  type Arm,
  BATCH,
  CONTEXT,
  COOLDOWN,
  HEAD,
  INIT_STD,
  SCALES,
  type Scale,
  type SizeGrid,
  targetSteps,
} from './scale.js';
import { tablesOfLearningRate } from './tables.js';
import { moduleFactors, transferredOf, tunedRate, withFactors, withTransferred } from './transfers.js';

/** Loss of the target is about 1.4 nats: half a percent of it. Smaller differences do not count. */
const MARGIN = 0.007;
const WARMUP = 20;
/** Decays end at a hundredth of the peak. */
const MIN_RATIO = 0.01;
/** Of small dense models on two cores, from the processor time of trials: two cores were never idle. */
const TOKENS_PER_SECOND = 250_000;
/** Held-out sequences, all of one domain. */
const HELD_OUT_SEQUENCES = 512;

/** The reproduction at a size, or at a scale of its own. */
export function learningRatePaper(size: Size, text: Text, scale: Scale = SCALES[size]): Reproduction {
  const claims = withNotes(claimsOfLearningRate(scale), scale === SCALES.full ? NOTES : {});
  const parts = { text, scale };
  const followUps = followUpsOf(parts);
  const mixture = scale.mixture === undefined ? [] : [{ ...parts, arm: scale.mixture }];
  const experiments = [
    ...gridsOf({ ...parts, arm: scale }),
    ...followUps.slice(0, scale.mixture === undefined ? undefined : -1).map(({ planned }) => planned),
    // Its grids come before its prediction, the last follow-up.
    ...mixture.flatMap((one) => [...gridsOf(one), followUps.at(-1)!.planned]),
  ].map((experiment) => withClaims(experiment, claims));
  return {
    paper: 'learning-rate',
    source:
      'Zhou et al., How to set the learning rate for large-scale pre-training?, Findings of ACL 2026, arXiv 2601.05049',
    setting: settingOf(scale),
    experiments,
    followUps: Object.fromEntries(followUps.map(({ planned, ...followUp }) => [planned.name, followUp])),
    plans: [],
    claims,
    tables: (facts) => tablesOfLearningRate(facts, scale),
    figures: (facts) => figuresOfLearningRate(facts, scale),
    tokensPerSecond: TOKENS_PER_SECOND,
    tokensPerSecondOf: Object.fromEntries(
      experiments.map(({ name, model }): [string, number] => {
        if (model.experts !== undefined) return [name, 100_000];
        return [name, model.width === scale.target.width ? 150_000 : TOKENS_PER_SECOND];
      }),
    ),
  };
}

function settingOf({ fit, target, seeds, mixture }: Scale): string {
  const horizons = fit[0]!.horizons.join(', ');
  return [
    `Models of ${fit.map(sizeText).join(', ')} (width x layers) at ${horizons} steps of ${BATCH} x ${CONTEXT} bytes give the law; ${sizeText(target)} at ${target.horizons.at(-1)!} steps tests it.`,
    `${seeds} seeds; the rate is constant after a warm-up of ${WARMUP} steps and decays over the last ${100 * COOLDOWN}% (1-sqrt, to a hundredth).`,
    'Losses in nats per byte on held-out text. Effects of claims about rates are natural logarithms of ratios, those about regret shares of the loss.',
    'Intervals of numbers that are fitted come from the jackknife over seeds.',
    'The rates of each grid were chosen in a trial with seeds of its own.',
    ...(mixture === undefined
      ? []
      : [
          `Mixtures have ${mixture.experts!.count} experts in each layer, ${mixture.experts!.active} of them active: ${mixture.fit.map(sizeText).join(', ')} at ${mixture.fit[0]!.horizons.join(', ')} steps give the law, ${sizeText(mixture.target)} at ${targetSteps(mixture)} steps tests it, with ${mixture.seeds} seeds.`,
        ]),
  ].join(' ');
}

interface Common {
  readonly text: Text;
  readonly scale: Scale;
}

/** Grids and a prediction of one kind of model. */
interface ArmParts {
  readonly text: Text;
  readonly arm: Arm;
}

interface Parts extends ArmParts {
  readonly strategies: PaperExperiment['strategies'];
}

function experimentOf(name: string, size: ModelSize, { text, arm, strategies }: Parts): PaperExperiment {
  return {
    name,
    model: {
      ...{ layers: size.layers, width: size.width, heads: size.width / HEAD, context: CONTEXT },
      ...{ initStd: INIT_STD, tieEmbeddings: false },
      ...(arm.experts !== undefined && { experts: arm.experts }),
    },
    data: {
      sources: text.sources,
      // All text is one version; horizons are set by the strategies.
      versions: { by: 'random', count: 1 },
      heldOut: { sequences: HELD_OUT_SEQUENCES },
    },
    training: { batch: BATCH, lr: { peak: 0.01, warmup: WARMUP, minRatio: MIN_RATIO } },
    strategies,
    seeds: arm.seeds,
    compare: { margin: MARGIN },
  };
}

/** The grids of the fit, and that outside of it. */
const gridsOf = (parts: ArmParts): readonly PaperExperiment[] => {
  const { arm } = parts;
  const named = [
    ...arm.fit.map((grid) => [gridName(grid, arm.prefix), grid] as const),
    [targetName(arm), arm.target] as const,
  ];
  return named.map(([name, grid]) => experimentOf(name, grid, { ...parts, strategies: gridStrategies(grid) }));
};

const gridStrategies = ({ rates, horizons }: SizeGrid): PaperExperiment['strategies'] =>
  Object.fromEntries(
    rates.flatMap((rate) => horizons.map((steps) => [runName(rate, steps), runAt(rate, steps)] as const)),
  );

const runAt = (rate: number, steps: number): PaperStrategy => ({
  plugins: [stableOnly()],
  overrides: gridOverrides({ rate, steps, cooldown: COOLDOWN }),
});

/** An experiment with stand-ins, and how results complete it. */
type Planned = FollowUp & { readonly planned: PaperExperiment };

/**
 * What is trained at rates that the grids give: the prediction, transfers, rates by module; last the prediction for
 * mixtures of experts, if there are any.
 */
function followUpsOf({ text, scale }: Common): readonly Planned[] {
  const { transfers, modules, mixture } = scale;
  const parts = { text, arm: scale };
  const fits = fitNames(scale);
  const transferred = transfers.map(
    (one): Planned => ({
      planned: atTarget(transferName(one), TRANSFERRED, parts),
      // The predicted rate is what it is compared with.
      needs: [...fits, TARGET, PREDICTION],
      complete: (planned, facts) => {
        const found = transferredOf(facts, scale, one);
        const peak = rateFor(found && rounded(found.settings.peak));
        const strategies = { [TRANSFERRED]: runAt(peak, targetSteps(scale)) };
        return { ...withTransferred(planned, found!), strategies };
      },
    }),
  );
  return [
    predictionOf(parts),
    ...transferred,
    ...(modules === undefined ? [] : modulesOf(parts, scale, modules)),
    ...(mixture === undefined ? [] : [predictionOf({ text, arm: mixture })]),
  ];
}

/** The target at the rate that the grids predict. */
const predictionOf = (parts: ArmParts): Planned => ({
  planned: atTarget(predictionName(parts.arm), FITTED, parts),
  needs: [...fitNames(parts.arm), targetName(parts.arm)],
  complete: (planned, facts) => ({ ...planned, strategies: fittedRun(FITTED, facts, parts.arm) }),
});

/** A run of the target, at a rate of its grid as a stand-in. */
function atTarget(name: string, strategy: string, parts: ArmParts): PaperExperiment {
  const { target } = parts.arm;
  const strategies = { [strategy]: runAt(target.rates[1]!, targetSteps(parts.arm)) };
  return experimentOf(name, target, { ...parts, strategies });
}

/** A run of the target at the rate of the law. */
function fittedRun(strategy: string, facts: Facts, arm: Arm): PaperExperiment['strategies'] {
  const setting = targetSetting(sizeOf(facts.results[targetName(arm)]!), arm);
  const rate = rateFor(predictedRates(smallFit(facts, arm), setting).fitted);
  return { [strategy]: runAt(rate, targetSteps(arm)) };
}

/**
 * Runs of a small size at its best rate, with a factor for the rate of one module; and the target at the predicted
 * rate, with the factors that they give.
 */
function modulesOf(parts: ArmParts, scale: Scale, modules: NonNullable<Scale['modules']>): readonly Planned[] {
  const fits = fitNames(scale);
  const small = scale.fit.find((grid) => sizeText(grid) === sizeText(modules.size))!;
  const steps = small.horizons.at(-1)!;
  const sweep = (name: string, factors: Parameters<typeof withFactors>[1]): Planned => {
    const strategies = { [MODULE_WISE]: runAt(small.rates[1]!, steps) };
    const planned = { ...experimentOf(name, small, { ...parts, strategies }), seeds: modules.seeds };
    return {
      planned: withFactors(planned, factors),
      needs: fits,
      complete: (again, facts) => {
        const rate = tunedRate(facts, scale, small);
        return { ...again, strategies: { [MODULE_WISE]: runAt(rateFor(rate && rounded(rate)), steps) } };
      },
    };
  };
  const swept = [
    sweep(MODULES_ONE, {}),
    ...MODULE_NAMES.flatMap((module) => [
      sweep(moduleName(module, 'lower'), { [module]: 1 / modules.factor }),
      sweep(moduleName(module, 'higher'), { [module]: modules.factor }),
    ]),
  ];
  const tuned: Planned = {
    planned: atTarget(MODULES_TARGET, MODULE_WISE, parts),
    needs: [...fits, TARGET, PREDICTION, ...swept.map(({ planned }) => planned.name)],
    complete: (planned, facts) => ({
      ...withFactors(planned, moduleFactors(facts, scale)!),
      strategies: fittedRun(MODULE_WISE, facts, scale),
    }),
  };
  return [...swept, tuned];
}

/** A rate as it is trained. */
const rounded = (rate: number): number => Number(rate.toPrecision(DIGITS));

function rateFor(rate: number | undefined): number {
  if (rate !== undefined) return rate;
  throw new BranchlineError('config', {
    message: 'the grids have too few optima for a law, so that there is no rate to test',
    remedy: 'Use more seeds, or longer text (--data).',
  });
}
