/**
 * Simple and scalable continual pre-training (Ibrahim et al., TMLR 2024, arXiv 2403.08763): the reproduction by size.
 */
import { continual, fromScratch, infiniteSchedule, replay, stableOnly } from '@branchline/plugin-baselines';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { type Reproduction, type Size, withClaims } from '../paper/definition.js';
import type { PaperExperiment, PaperStrategy } from '../paper/experiment.js';
import { claimsOfShiftingVersions } from './claims.js';
import { figuresOfShiftingVersions } from './figures.js';
import {
  average,
  cpt,
  infinite,
  LOW,
  MAIN,
  PTFS,
  RATIOS,
  REVERSED,
  STRONG,
  SWITCHING_RATIOS,
  switching,
  WEAK,
} from './names.js';
import { tablesOfShiftingVersions } from './tables.js';
import type { ShiftingText } from './text.js';

const MODEL = { layers: 2, width: 64, heads: 2, context: 64 };
const BATCH = 8;
const PEAK = 2e-3;
/** Fraction of an increment in each branch, as in the path-switching paper. */
const ALPHA = 0.6;
/** With a weak shift, fraction of a domain that arrives in other versions than its own. */
const MIX = 0.5;
/** Held-out sequences of every domain, regardless of how many versions contain it. */
const HELD_OUT_SEQUENCES = 128;

interface Scale {
  /** Steps of an increment. Its product with alpha must be an integer. */
  readonly steps: number;
  readonly seeds: number;
  /** Experiments in addition to the strong shift. */
  readonly also: readonly (typeof WEAK | typeof REVERSED)[];
}

const SCALES: Readonly<Record<Size, Scale>> = {
  quick: { steps: 240, seeds: 5, also: [] },
  full: { steps: 350, seeds: 8, also: [WEAK, REVERSED] },
};

/** The reproduction at a size. */
export function shiftingVersionsPaper(size: Size, text: ShiftingText): Reproduction {
  const { steps, seeds, also } = SCALES[size];
  const { domains } = text;
  const experiments = [STRONG, ...also];
  const claims = claimsOfShiftingVersions(domains, experiments);
  return {
    paper: 'shifting-versions',
    source:
      'Ibrahim et al., Simple and scalable strategies to continually pre-train large language models, TMLR 2024, arXiv 2403.08763',
    setting: settingOf(domains, steps, also),
    experiments: experiments.map((name) => withClaims(experimentOf(name, text, { steps, seeds }), claims)),
    plans: [],
    claims,
    tables: (facts) => tablesOfShiftingVersions(facts, domains),
    figures: (facts) => figuresOfShiftingVersions(facts, domains),
    tokensPerSecond: 200_000,
  };
}

function settingOf(domains: readonly string[], steps: number, also: Scale['also']): string {
  const bytes = `T = ${steps} steps of ${BATCH} x ${MODEL.context} bytes`;
  return [
    `${domains.length} versions of ${bytes}, each a domain of its own, in this order: ${domains.join(', ')}.`,
    also.includes(WEAK)
      ? `Under the weak shift ${100 * MIX}% of each domain arrives, evenly, in the other versions.`
      : '',
    'Losses in nats per byte on held-out text after the last version; "earlier" is the mean of all domains but the newest.',
    `Every last release is a model of ${domains.length} x T steps, that of PTFS too; cost is of all releases.`,
    `The peak rate ${PEAK.toExponential()} is the best of 1e-3, 2e-3 and 4e-3 for PTFS (cosine) under a seed of its own, on random versions of T = 600 steps.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function experimentOf(
  name: string,
  { sources, domains }: ShiftingText,
  { steps, seeds }: Pick<Scale, 'steps' | 'seeds'>,
): PaperExperiment {
  const weak = name === WEAK;
  return {
    name,
    model: MODEL,
    data: {
      sources,
      versions: {
        by: 'domain',
        order: name === REVERSED ? [...domains].reverse() : [...domains],
        mix: weak ? MIX : 0,
        tokens: steps * BATCH * MODEL.context,
      },
      // Counted per version and domain.
      heldOut: { sequences: Math.ceil(HELD_OUT_SEQUENCES / (weak ? domains.length : 1)) },
    },
    // Decays end at a hundredth of the peak, as in the path-switching paper.
    training: { batch: BATCH, lr: { peak: PEAK, warmup: 10, minRatio: 0.01 } },
    strategies: name === STRONG ? strongStrategies() : weak ? weakStrategies() : reversedStrategies(),
    seeds,
    baseline: PTFS,
    // One percent of a loss of 2 nats; smaller differences do not count.
    compare: { margin: 0.02 },
  };
}

type Strategies = Readonly<Record<string, PaperStrategy>>;

const scratch: Strategies = { [PTFS]: [fromScratch()] };
const rewarmed = (...ratios: readonly number[]): Strategies =>
  Object.fromEntries(ratios.map((ratio) => [cpt(ratio), [continual(), replay({ ratio })]]));
const switched = (...ratios: readonly number[]): Strategies =>
  Object.fromEntries(
    ratios.map((ratio) => [switching(ratio), [pathSwitching({ alpha: ALPHA, schedule: 'cosine' }), replay({ ratio })]]),
  );
/** On the main path of path switching, which needs no further training. */
const averaged = (...ratios: readonly number[]): Strategies =>
  Object.fromEntries(ratios.map((ratio) => [average(ratio), [stableOnly(), modelAveraging(), replay({ ratio })]]));

const strongStrategies = (): Strategies => ({
  ...scratch,
  ...rewarmed(...RATIOS),
  [LOW]: [continual({ rewarm: false })],
  ...switched(...SWITCHING_RATIOS),
  [MAIN]: [stableOnly()],
  ...averaged(...SWITCHING_RATIOS),
  [infinite(0.25)]: [infiniteSchedule(), replay({ ratio: 0.25 })],
});

const weakStrategies = (): Strategies => ({
  ...scratch,
  ...rewarmed(0, 0.05, 0.25),
  ...switched(0, 0.05),
  ...averaged(0, 0.05),
});

const reversedStrategies = (): Strategies => ({
  ...scratch,
  ...rewarmed(0, 0.25),
  ...switched(0, 0.25),
  ...averaged(0.25),
});
