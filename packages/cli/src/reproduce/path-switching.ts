/** Learning-rate path switching (Wang et al., EMNLP 2024, arXiv 2410.04103): what is trained, at which size. */

import { continual, fromScratch, replay, stableOnly } from '@branchline/plugin-baselines';
import { modelAveraging, wsm } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import type { ExperimentConfig, StrategyConfig } from '../config/define.js';
import { type Reproduction, type Size, type Text, withClaims } from './definition.js';
import {
  ALPHA,
  ARRIVAL,
  COMPARED,
  claimsOfPathSwitching,
  PEAK_SHARE,
  planName,
  SCHEDULES,
  VERSIONS,
} from './path-switching-claims.js';
import { tablesOfPathSwitching } from './path-switching-tables.js';

const ALPHAS = [0.1, 0.2, 0.3, 1] as const;

interface Scale {
  readonly model: ExperimentConfig['model'];
  readonly batch: number;
  /** Steps of an increment; alpha of them must be whole. */
  readonly steps: number;
  readonly peak: number;
  readonly seeds: number;
  readonly setting: string;
  readonly tokensPerSecond: number;
}

const SCALES: Readonly<Record<Size, Scale>> = {
  quick: {
    model: { layers: 2, width: 64, heads: 2, context: 64 },
    batch: 8,
    steps: 150,
    peak: 2e-3,
    seeds: 5,
    setting:
      'The peak rate 2e-3 is the best of 1e-3, 2e-3, 4e-3, 8e-3 and 16e-3 for PTFS (cosine) under a seed of its own.',
    tokensPerSecond: 90_000,
  },
  full: {
    model: { layers: 3, width: 96, heads: 3, context: 128 },
    batch: 16,
    steps: 100,
    peak: 2e-3,
    seeds: 8,
    setting: 'The peak rate 2e-3 is the best of 1e-3, 2e-3 and 4e-3 for PTFS (cosine) in docs/quick-experiment.md.',
    tokensPerSecond: 65_000,
  },
};

/** The reproduction at a size. */
export function pathSwitchingPaper(size: Size, text: Text): Reproduction {
  const scale = SCALES[size];
  const base = experimentOf(scale, text, 4);
  const claims = claimsOfPathSwitching();
  const strategies = { ...strategiesOf(scale), ...(size === 'full' ? alphas() : {}) };
  const main: ExperimentConfig = {
    ...base,
    name: COMPARED,
    strategies,
    seeds: scale.seeds,
    baseline: 'PTFS, cosine',
    // One percent of a loss between 2 and 3 nats, about: less is no difference.
    compare: { margin: 0.02 },
  };
  const both = { PTFS: [fromScratch()], 'path switching': [pathSwitching({ alpha: ALPHA })] };
  return {
    paper: 'path-switching',
    source: 'Wang et al., Learning rate path switching, EMNLP 2024, arXiv 2410.04103',
    setting: `Four versions of T = ${scale.steps} steps of ${scale.batch} x ${scale.model.context} bytes; losses in nats per byte on held-out text of all versions, after version 4. ${scale.setting}`,
    experiments: [withClaims(main, claims)],
    plans: [
      ...VERSIONS.map((count) => ({ ...experimentOf(scale, text, count), name: planName(count), strategies: both })),
      { ...base, name: ARRIVAL, strategies: { 'PTFS in order of arrival': [inOrderOfArrival()] } },
    ],
    claims,
    tables: tablesOfPathSwitching,
    tokensPerSecond: scale.tokensPerSecond,
  };
}

function experimentOf({ model, batch, steps, peak }: Scale, { sources }: Text, count: number) {
  const { context = 128 } = model;
  return {
    model,
    data: {
      sources,
      versions: { by: 'random' as const, count, tokens: steps * batch * context },
      maxDocumentBytes: '1KiB',
    },
    // Decays end at a hundredth of the peak: complete, as the paper asks.
    training: { batch, lr: { peak, warmup: 10, floor: 0.01 } },
  };
}

/** Under warm-up-stable-decay, each version's decay as long as a branch. */
const inOrderOfArrival = () =>
  fromScratch({ schedule: 'stable-decay', order: 'arrival', decay: ALPHA, decayOf: 'increment' });

function strategiesOf({ peak }: Scale): Readonly<Record<string, StrategyConfig>> {
  const branch = { alpha: ALPHA, schedule: 'cosine' } as const;
  const each = (of: (schedule: (typeof SCHEDULES)[number]) => readonly [string, StrategyConfig]) =>
    Object.fromEntries(SCHEDULES.map(of));
  return {
    ...each((schedule) => [`PTFS, ${schedule}`, [fromScratch({ schedule })]]),
    'PTFS, stable-decay': [fromScratch({ schedule: 'stable-decay', decay: ALPHA, decayOf: 'increment' })],
    'PTFS, stable-decay, arrival': [inOrderOfArrival()],
    ...each((schedule) => [`CPT, ${schedule}`, [continual({ schedule })]]),
    'CPT, low constant': [continual({ rewarm: false })],
    'CPT, replay': [continual(), replay({ ratio: 0.05 })],
    ...each((schedule) => [`path switching, ${schedule}`, [pathSwitching({ alpha: ALPHA, schedule })]]),
    'path switching, 1-sqrt': [pathSwitching({ alpha: ALPHA })],
    // The branch is the same as ever, from the full peak; what it starts from was trained at a low rate.
    'path switching, low rate in stage one': {
      plugins: [pathSwitching({ ...branch, carry: { schedule: false } })],
      overrides: { 'lr.peak': peak * PEAK_SHARE, 'fork.lr.peak': peak },
    },
    'path switching, peak again in stage two': [pathSwitching({ ...branch, carry: { schedule: false } })],
    'path switching, half a decay in stage two': [pathSwitching({ ...branch, floor: 0.5 })],
    'main path': [stableOnly()],
    'main path, average': [stableOnly(), modelAveraging()],
    'main path, merge for a decay': [stableOnly(), wsm({ decay: '1-sqrt', span: ALPHA })],
  };
}

/** The sweep of alpha, in the table alone. */
function alphas(): Readonly<Record<string, StrategyConfig>> {
  return Object.fromEntries(
    ALPHAS.map((alpha) => [`path switching, cosine, alpha ${alpha}`, [pathSwitching({ alpha, schedule: 'cosine' })]]),
  );
}
