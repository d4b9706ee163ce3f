/** Learning-rate path switching (Wang et al., EMNLP 2024, arXiv 2410.04103): the reproduction by size. */
import { fromScratch } from '@branchline/plugin-baselines';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { type Reproduction, type Size, type Text, withClaims } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { claimsOfPathSwitching } from './claims.js';
import { figuresOfPathSwitching } from './figures.js';
import {
  ALPHA,
  ARRIVAL,
  AVERAGED,
  BY_VERSIONS,
  COMPARED,
  LARGER,
  PAPER_VERSIONS,
  PTFS,
  planName,
  SHUFFLED,
  SWITCHING,
  SWITCHING_PLAN,
  VERSIONS,
} from './names.js';
import {
  averagedStrategies,
  comparedStrategies,
  inOrderOfArrival,
  paradigms,
  paradigmsOfLarger,
  shuffledFromScratch,
} from './strategies.js';
import { tablesOfPathSwitching } from './tables.js';

interface Scale {
  readonly model: { readonly layers: number; readonly width: number; readonly heads: number; readonly context: number };
  readonly batch: number;
  /** Steps of an increment. Its product with every alpha must be an integer. */
  readonly steps: number;
  readonly peak: number;
  readonly seeds: number;
}

const SMALL = { layers: 2, width: 64, heads: 2, context: 64 } as const;
const QUICK: Scale = { model: SMALL, batch: 8, steps: 150, peak: 2e-3, seeds: 5 };
const FULL: Scale = { model: SMALL, batch: 8, steps: 400, peak: 2e-3, seeds: 8 };
/** A model with three times the parameters. */
const MORE: Scale = {
  model: { layers: 3, width: 96, heads: 3, context: 64 },
  batch: 8,
  steps: 300,
  peak: 2e-3,
  seeds: 8,
};

const SWEEPS: Readonly<Record<Size, string>> = {
  quick:
    'The peak rate 2e-3 is the best of 1e-3, 2e-3, 4e-3, 8e-3 and 16e-3 for PTFS (cosine) under a seed of its own.',
  full: `The peak rate 2e-3 is the best of 1e-3, 2e-3 and 4e-3 for PTFS (cosine) under a seed of its own, at T = 600; the larger model has ${MORE.model.layers} layers of width ${MORE.model.width} and T = ${MORE.steps}, and the same peak by the same sweep at T = 400.`,
};

/** The reproduction at a size. */
export function pathSwitchingPaper(size: Size, text: Text): Reproduction {
  const scale = size === 'quick' ? QUICK : FULL;
  const claims = claimsOfPathSwitching(size);
  const experiment = (name: string, of: Scale, versions: number, strategies: PaperExperiment['strategies']) =>
    withClaims({ ...experimentOf(of, text, versions), name, strategies }, claims);
  const averages = experiment(AVERAGED, scale, PAPER_VERSIONS, averagedStrategies(scale.peak));
  const both = { PTFS: [fromScratch()], 'path switching': [pathSwitching({ alpha: ALPHA })] };
  const planned = (name: string, versions: number, strategies: PaperExperiment['strategies']): PaperExperiment => {
    const { baseline: _, ...rest } = experimentOf(scale, text, versions);
    return { ...rest, name, seeds: 1, compare: undefined, strategies };
  };
  return {
    paper: 'path-switching',
    source: 'Wang et al., Learning rate path switching, EMNLP 2024, arXiv 2410.04103',
    setting: `Versions of T = ${scale.steps} steps of ${scale.batch} x ${scale.model.context} bytes for a decoder of ${scale.model.layers} layers of width ${scale.model.width}; losses in nats per byte on held-out text of all versions so far, after version ${PAPER_VERSIONS} where nothing else is said. ${SWEEPS[size]}`,
    experiments: [
      experiment(COMPARED, scale, PAPER_VERSIONS, comparedStrategies(scale.peak)),
      { ...averages, baseline: SWITCHING('cosine') },
      experiment(BY_VERSIONS, scale, VERSIONS.at(-1)!, paradigms()),
      ...(size === 'full' ? [experiment(LARGER, MORE, PAPER_VERSIONS, paradigmsOfLarger())] : []),
    ],
    plans: [
      ...VERSIONS.map((count) => planned(planName(count), count, both)),
      planned(SHUFFLED, PAPER_VERSIONS, { 'PTFS, shuffled': [shuffledFromScratch()] }),
      planned(ARRIVAL, PAPER_VERSIONS, { 'PTFS in order of arrival': [inOrderOfArrival()] }),
      planned(SWITCHING_PLAN, PAPER_VERSIONS, { 'path switching': [pathSwitching({ alpha: ALPHA })] }),
    ],
    claims,
    tables: tablesOfPathSwitching,
    figures: figuresOfPathSwitching,
    tokensPerSecond: size === 'quick' ? 190_000 : 150_000,
  };
}

function experimentOf({ model, batch, steps, peak, seeds }: Scale, { sources }: Text, count: number) {
  return {
    model,
    data: {
      sources,
      versions: { by: 'random' as const, count, tokens: steps * batch * model.context },
      maxDocumentBytes: '1KiB',
    },
    // Decays end at a hundredth of the peak: complete, as the paper requires.
    training: { batch, lr: { peak, warmup: 20, minRatio: 0.01 } },
    seeds,
    baseline: PTFS('cosine'),
    // One percent of a loss of about 2 nats; smaller differences do not count.
    compare: { margin: 0.02 },
  };
}
