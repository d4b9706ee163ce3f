/** Experiments with one version: orders, schedules and averages, by known quality and by scorers. */
import type { PluginUse } from '@branchline/core';
import { fromScratch } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import type { Text } from '../paper/definition.js';
import type { UnnamedExperiment } from '../paper/experiment.js';
import {
  AVERAGES,
  averageName,
  BASELINE,
  COSINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  FACTOR,
  FACTORS,
  factorName,
  LENGTHS,
  LONGEST,
  MODERATE,
  moderateName,
  ORDERS,
  type Order,
  oldFavouredName,
  type Scorer,
  SPACING,
  SPACINGS,
  SWEPT,
  spacingName,
  WINDOW,
  WINDOWS,
  windowName,
} from './names.js';
import { experimentOf, type Scale } from './scale.js';

type Plugins = readonly PluginUse[];
type Strategies = Record<string, Plugins>;

/** All orders by known quality, under schedules and averages. */
export function ordersOf(scale: Scale, text: Text): UnnamedExperiment {
  const strategies: Strategies = { [COSINE]: [fromScratch({ schedule: 'cosine', minRatio: DEEPEST })] };
  for (const order of ORDERS) {
    strategies[constantName(order)] = constant(order);
    if (scale.thorough) strategies[decayName(order, LONGEST, DEEPEST)] = decay(order, LONGEST, DEEPEST);
    averaged(strategies, constantName(order), scale);
  }
  for (const order of SWEPT) {
    Object.assign(strategies, sweepsOf(order, scale));
    averaged(strategies, moderateName(order), scale);
  }
  return { ...experimentOf(scale, text, { count: 1 }), strategies, baseline: BASELINE };
}

/** Two orders under a constant rate, a moderate and a full decay, and averages. */
export function heartOf(scale: Scale, text: Text): UnnamedExperiment {
  const strategies: Strategies = {};
  for (const order of SWEPT) {
    strategies[constantName(order)] = constant(order);
    for (const end of [MODERATE, DEEPEST]) strategies[decayName(order, LONGEST, end)] = decay(order, LONGEST, end);
    for (const name of [constantName(order), moderateName(order)]) {
      strategies[averageName(name, 'ema')] = [...strategies[name]!, averageOver(scale.steps, { weights: 'ema' })];
    }
  }
  return { ...experimentOf(scale, text, { count: 1 }), strategies, baseline: BASELINE };
}

/**
 * The claims about known quality, tested with a scorer instead: CMA, CDMA and the strategies they are compared with.
 */
export function scoredOf(scale: Scale, text: Text, scorer: Scorer): UnnamedExperiment {
  const strategies: Strategies = {
    [BASELINE]: decay('shuffled', LONGEST, DEEPEST),
    [constantName('shuffled')]: constant('shuffled'),
    [constantName('ascending')]: constant('ascending'),
    [moderateName('ascending')]: decay('ascending', LONGEST, MODERATE),
  };
  for (const name of [constantName('ascending'), moderateName('ascending')]) {
    strategies[averageName(name, 'ema')] = [...strategies[name]!, averageOver(scale.steps, { weights: 'ema' })];
  }
  const score = scorer === 'ngram' ? { by: scorer } : scorer;
  return { ...experimentOf(scale, text, { count: 1, score }), strategies, baseline: BASELINE };
}

/** Averages six checkpoints that span an eighth of the training; spacings are fractions of `steps`. */
export function averageOver(
  steps: number,
  {
    spacing = SPACING,
    ...options
  }: { readonly spacing?: number } & Partial<
    Pick<NonNullable<Parameters<typeof modelAveraging>[0]>, 'weights' | 'last'>
  >,
): PluginUse {
  return modelAveraging({ ...options, every: Math.floor(spacing * steps) });
}

/** Adds a strategy once for each kind of average. */
function averaged(strategies: Strategies, name: string, { steps }: Scale): void {
  for (const weights of AVERAGES) {
    strategies[averageName(name, weights)] = [...strategies[name]!, averageOver(steps, { weights })];
  }
}

const constant = (order: Order): Plugins => [fromScratch({ schedule: 'constant' }), ...inOrder(order)];

const decay = (order: Order, length: number, end: number): Plugins => [
  fromScratch({ schedule: { kind: 'stable-decay', decay: length }, minRatio: end }),
  ...inOrder(order),
];

function inOrder(order: Order): Plugins {
  switch (order) {
    case 'shuffled':
      return [];
    case 'folded ascending':
      return [curriculum({ order: { by: 'folded', direction: 'ascending' } })];
    case 'folded descending':
      return [curriculum({ order: { by: 'folded', direction: 'descending' } })];
    default:
      return [curriculum({ order })];
  }
}

/** Sweeps over end rates, decay lengths, and the window, spacing and weights of averages under a constant rate. */
function sweepsOf(order: Order, { steps }: Scale): Strategies {
  const strategies: Strategies = {};
  for (const end of ENDS) strategies[decayName(order, LONGEST, end)] = decay(order, LONGEST, end);
  for (const length of LENGTHS) strategies[decayName(order, length, DEEPEST)] = decay(order, length, DEEPEST);
  const average = (name: string, options: Parameters<typeof averageOver>[1]) => {
    strategies[name] = [...constant(order), averageOver(steps, options)];
  };
  for (const last of WINDOWS) if (last !== WINDOW) average(windowName(order, last), { last });
  for (const spacing of SPACINGS) if (spacing !== SPACING) average(spacingName(order, spacing), { spacing });
  for (const factor of FACTORS) {
    if (factor !== FACTOR) average(factorName(order, factor), { weights: { kind: 'ema', factor } });
  }
  average(oldFavouredName(order), { weights: Array.from({ length: WINDOW }, (_, age) => age + 1) });
  return strategies;
}
