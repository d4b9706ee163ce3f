/** A tuned small run at the target: by rules of transfer, and with rates that were tuned by module. */
import {
  type LearningRateFit,
  type TransferPoint,
  type Transferred,
  transferSettings,
} from '@branchline/plugin-learning-rate';
import type { Facts } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { meanLossOf, sizeOf, smallFit } from './measures.js';
import {
  gridName,
  MODULE_NAMES,
  MODULE_WISE,
  MODULES,
  MODULES_ONE,
  type ModelSize,
  type ModuleName,
  moduleName,
  type TransferCase,
} from './names.js';
import { HEAD, INIT_STD, type Scale, TOKENS, targetSteps } from './scale.js';

/** Digits of numbers that are trained. */
const round = (value: number, digits = 6): number => Number(value.toPrecision(digits));

/** The best rate of a size of the fit at its longest horizon; undefined without one. */
export function tunedRate(facts: Facts, scale: Scale, size: ModelSize): number | undefined {
  const fit: LearningRateFit = smallFit(facts, scale);
  const parameters = sizeOf(facts.results[gridName(size)]!);
  return fit.cells.findLast((cell) => cell.parameters === parameters)?.valley?.optimum;
}

const pointOf = ({ width, layers }: ModelSize, steps: number): TransferPoint => ({
  ...{ width, layers, headSize: HEAD, batch: TOKENS },
  tokens: steps * TOKENS,
});

/** The hyperparameters of the target by a rule; undefined if the small run has no best rate. */
export function transferredOf(facts: Facts, scale: Scale, one: TransferCase): Transferred | undefined {
  const rate = tunedRate(facts, scale, one.from);
  if (rate === undefined) return undefined;
  const steps = scale.fit[0]!.horizons.at(-1)!;
  const { optimizer } = facts.results[gridName(one.from)]!.training as unknown as {
    readonly optimizer: Record<'weightDecay' | 'epsilon' | 'beta1' | 'beta2', number>;
  };
  const { weightDecay, epsilon, beta1, beta2 } = optimizer;
  const residual = INIT_STD / Math.sqrt(2 * one.from.layers);
  const settings = {
    ...{ peak: rate, weightDecay, epsilon, beta1, beta2, groups: {}, multipliers: {} },
    init: { embedding: INIT_STD, hidden: INIT_STD, residual, output: INIT_STD },
  };
  const classes = Object.values(MODULES).flat();
  const target = pointOf(scale.target, targetSteps(scale));
  return transferSettings(one.rule, pointOf(one.from, steps), target, settings, {
    ...{ tied: false, classes },
    ...(one.horizon !== undefined && { horizon: one.horizon }),
  });
}

/** An experiment with transferred hyperparameters, but for its peak. */
export function withTransferred(planned: PaperExperiment, { settings }: Transferred): PaperExperiment {
  const { init, multipliers, groups, beta1, beta2, epsilon, weightDecay } = settings;
  const rounded = (values: Readonly<Record<string, number | undefined>>) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, round(value)] as const])),
    );
  return {
    ...planned,
    model: { ...planned.model, init: rounded(init), multipliers: rounded(multipliers) },
    training: {
      ...planned.training,
      optimizer: {
        ...rounded({ beta1, beta2, epsilon, weightDecay }),
        groups: Object.fromEntries(
          Object.entries(groups).map(([name, factors]) => [name, rounded({ ...factors })] as const),
        ),
      },
    },
  };
}

/** An experiment with factors for the rates of modules. */
export function withFactors(
  planned: PaperExperiment,
  factors: Readonly<Partial<Record<ModuleName, number>>>,
): PaperExperiment {
  const groups = Object.entries(factors).flatMap(([name, rate]) =>
    MODULES[name as ModuleName].map((one) => [one, { rate: round(rate) }] as const),
  );
  return { ...planned, training: { ...planned.training, optimizer: { groups: Object.fromEntries(groups) } } };
}

/**
 * The factor of a module: the lowest point of the parabola through the losses at a factor down, none and a factor up,
 * in the log of the factor, within these factors; where it is no valley, the best of the three. Undefined if one of
 * them failed.
 */
export function moduleFactor(facts: Facts, { modules }: Scale, module: ModuleName): number | undefined {
  if (modules === undefined) return undefined;
  const lossIn = (experiment: string) => meanLossOf(facts.results[experiment]!, MODULE_WISE);
  const [low, middle, high] = [moduleName(module, 'lower'), MODULES_ONE, moduleName(module, 'higher')].map(lossIn);
  if (low === undefined || middle === undefined || high === undefined) return undefined;
  const curvature = low + high - 2 * middle;
  const best = curvature > 0 ? (low - high) / (2 * curvature) : middle <= Math.min(low, high) ? 0 : low < high ? -1 : 1;
  return modules.factor ** Math.min(1, Math.max(-1, best));
}

/** The factors of all modules; undefined if one is missing. */
export function moduleFactors(facts: Facts, scale: Scale): Readonly<Record<ModuleName, number>> | undefined {
  const found = MODULE_NAMES.map((name) => [name, moduleFactor(facts, scale, name)] as const);
  if (found.some(([, factor]) => factor === undefined)) return undefined;
  return Object.fromEntries(found) as Record<ModuleName, number>;
}
