/** Experiments with one version: orders, schedules and averages. */
import type { OrderBy, PluginUse } from '@branchline/core';
import { fromScratch } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import type { UnnamedExperiment } from '../paper/experiment.js';
import {
  AVERAGES,
  averageName,
  BASELINE,
  BEST,
  COSINE,
  constantName,
  DEEPEST,
  decayName,
  ENDS,
  FACTOR,
  FACTORS,
  FINISH,
  FINISHED,
  factorName,
  fullName,
  LENGTH,
  LENGTHS,
  MODERATE,
  moderateName,
  ORDERS,
  type Order,
  oldFavouredName,
  SPACING,
  SPACINGS,
  SWEPT,
  spacingName,
  WINDOW,
  WINDOWS,
  windowName,
} from './names.js';
import { experimentOf, type Scale } from './scale.js';
import type { ScoredText } from './text.js';

type Plugins = readonly PluginUse[];
type Strategies = Record<string, Plugins>;

/** All orders, under schedules and averages. */
export function ordersOf(scale: Scale, text: ScoredText): UnnamedExperiment {
  const { constant, decay } = trainingsOf(text);
  const strategies: Strategies = { [COSINE]: [fromScratch({ schedule: 'cosine', minRatio: DEEPEST })] };
  for (const order of ORDERS) {
    strategies[constantName(order)] = constant(order);
    if (scale.thorough || order === FINISH) strategies[fullName(order)] = decay(order, LENGTH, DEEPEST);
    averaged(strategies, constantName(order), scale);
  }
  for (const order of SWEPT) {
    Object.assign(strategies, sweepsOf(order, scale, text));
    averaged(strategies, moderateName(order), scale);
  }
  return { ...experimentOf(scale, text, { count: 1 }), strategies, baseline: BASELINE };
}

/** Two orders under a constant rate, a moderate and a full decay, with and without averages. */
export function heartOf(scale: Scale, text: ScoredText): UnnamedExperiment {
  const { constant, decay } = trainingsOf(text);
  const strategies: Strategies = {};
  for (const order of SWEPT) {
    strategies[constantName(order)] = constant(order);
    for (const end of [MODERATE, DEEPEST]) strategies[decayName(order, LENGTH, end)] = decay(order, LENGTH, end);
    for (const name of [constantName(order), moderateName(order)]) {
      strategies[averageName(name, 'ema')] = [...strategies[name]!, averageOver(scale.steps, { weights: 'ema' })];
    }
  }
  return { ...experimentOf(scale, text, { count: 1 }), strategies, baseline: BASELINE };
}

/** The heart and the order of ours, for scores that should not help. */
export function controlOf(scale: Scale, text: ScoredText): UnnamedExperiment {
  const heart = heartOf(scale, text);
  const { constant } = trainingsOf(text);
  const strategies = {
    ...heart.strategies,
    [constantName(FINISH)]: constant(FINISH),
    [FINISHED]: [...constant(FINISH), averageOver(scale.steps, { weights: 'ema' })],
  };
  return { ...heart, strategies };
}

/** Averages six checkpoints that span a sixteenth of the training; spacings are fractions of `steps`. */
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

/** Trainings on a text, by order. */
export const trainingsOf = ({ domains }: Pick<ScoredText, 'domains'>) => ({
  constant: (order: Order): Plugins => [fromScratch({ schedule: 'constant' }), ...inOrder(order, domains)],
  decay: (order: Order, length: number, end: number): Plugins => [
    fromScratch({ schedule: { kind: 'stable-decay', decay: length }, minRatio: end }),
    ...inOrder(order, domains),
  ],
});

function inOrder(order: Order, domains: ScoredText['domains']): Plugins {
  const by = orderBy(order);
  return by.by === 'shuffled' ? [] : [curriculum({ order: { ...by, domains } })];
}

function orderBy(order: Order): OrderBy {
  switch (order) {
    case 'folded ascending':
      return { by: 'folded', folds: 3, direction: 'ascending' };
    case 'folded descending':
      return { by: 'folded', folds: 3, direction: 'descending' };
    case FINISH:
      return { by: 'finish', best: BEST };
    default:
      return { by: order };
  }
}

/** Sweeps over end rates, decay lengths, and the window, spacing and weights of averages under a constant rate. */
function sweepsOf(order: Order, { steps }: Scale, text: ScoredText): Strategies {
  const { constant, decay } = trainingsOf(text);
  const strategies: Strategies = {};
  for (const end of ENDS) strategies[decayName(order, LENGTH, end)] = decay(order, LENGTH, end);
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
