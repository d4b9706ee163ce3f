/** Tables of the learning-rate paper. */
import type { Results } from '@branchline/evaluation';
import type { Cell } from '@branchline/plugin-learning-rate';
import type { Facts, PaperTable } from '../paper/definition.js';
import { lossText } from '../paper/tables.js';
import {
  fitNames,
  lossLawOf,
  meanLossOf,
  parabolaRegret,
  predictedRates,
  predictionName,
  sizeOf,
  smallFit,
  targetCell,
  targetFit,
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
  moduleName,
  PREDICTION,
  PUBLISHED,
  sizeText,
  TARGET,
  TRANSFERRED,
  transferName,
  UNCHANGED,
} from './names.js';
import { type Arm, type Scale, type SizeGrid, TOKENS } from './scale.js';
import { moduleFactor, transferredOf } from './transfers.js';

/** Bootstrap samples of the intervals in tables. */
const SAMPLES = 1000;

/** Valleys, laws, predictions, transfer, rates by module and costs; those whose experiments were run. */
export function tablesOfLearningRate(facts: Facts, scale: Scale): readonly PaperTable[] {
  const { transfers: cases, modules, mixture } = scale;
  const has = (...names: readonly string[]) => names.every((name) => facts.results[name] !== undefined);
  const fits = fitNames(scale);
  return [
    ...fitting(facts, scale, has),
    ...(has(...fits, TARGET, PREDICTION, ...cases.map(transferName)) && cases.length > 0
      ? [transferTable(facts, scale)]
      : []),
    ...(modules !== undefined && has(...fits, PREDICTION, ...moduleExperiments())
      ? [moduleTable(facts, scale, modules)]
      : []),
    ...(has(...fits, TARGET) ? [costs(facts, scale)] : []),
    ...(mixture === undefined ? [] : fitting(facts, mixture, has)),
  ];
}

/** Tables of the fit and of the grid outside of it. */
function fitting(facts: Facts, arm: Arm, has: (...names: readonly string[]) => boolean): readonly PaperTable[] {
  const fits = fitNames(arm);
  const prefix = arm.experts === undefined ? '' : 'Mixtures of experts: ';
  const tables = [
    ...(has(...fits) ? [valleys(facts, arm), law(facts, arm)] : []),
    ...(has(...fits, targetName(arm), predictionName(arm)) ? [prediction(facts, arm)] : []),
    ...(has(...fits, targetName(arm)) ? [target(facts, arm)] : []),
  ];
  return tables.map((table) => ({ ...table, title: prefix === '' ? table.title : `${prefix}${lower(table.title)}` }));
}

const lower = (title: string): string => `${title.charAt(0).toLowerCase()}${title.slice(1)}`;

const digits = (value: number): string => String(Number(value.toPrecision(3)));
const rangeText = (ends: readonly [number, number] | null): string =>
  ends === null ? '-' : `[${digits(ends[0])}, ${digits(ends[1])}]`;

const VALLEY_HEAD = ['size', 'parameters', 'steps', 'best rate', '95%', 'lowest loss', 'curvature', 'R²'];

function valleyRow(name: string, { parameters, tokens, valley, none }: Cell): readonly string[] {
  const start = [name, String(parameters), String(tokens / TOKENS)];
  if (valley === null) return [...start, `none: ${none}`, '-', '-', '-', '-'];
  const { optimum, interval, loss, curvature, r2 } = valley;
  return [
    ...start,
    digits(optimum),
    rangeText(interval),
    loss.toFixed(4),
    curvature.toFixed(4),
    r2 === null ? '-' : r2.toFixed(3),
  ];
}

function valleys(facts: Facts, arm: Arm): PaperTable {
  const nameOf = new Map(arm.fit.map((grid) => [sizeOf(facts.results[gridName(grid, arm.prefix)]!), sizeText(grid)]));
  return {
    title: 'The best rate at every size and horizon',
    caption:
      'From a quadratic in log rate around the lowest mean loss, with bootstrap intervals. Parameters are those outside of the embedding and the output matrix; curvature is in nats per squared unit of log rate.',
    head: VALLEY_HEAD,
    rows: smallFit(facts, arm, SAMPLES).cells.map((cell) => valleyRow(nameOf.get(cell.parameters)!, cell)),
  };
}

function law(facts: Facts, arm: Arm): PaperTable {
  const fitted = smallFit(facts, arm, SAMPLES).law;
  const exponent = (value: number | null) => (value === null ? '-' : value.toFixed(3));
  return {
    title: 'The law of the best rate, rate = K · N^a · D^b',
    caption:
      "N in parameters without embedding and output matrix, D in tokens. The paper's constant has unstated units, so that only exponents compare.",
    head: ['', 'K', 'a (size)', '95%', 'b (tokens)', '95%', 'R²'],
    rows: [
      fitted === null
        ? ['here', '-', '-', '-', '-', '-', '-']
        : [
            'here',
            digits(fitted.constant),
            exponent(fitted.exponents.parameters),
            rangeText(fitted.intervals.parameters),
            exponent(fitted.exponents.tokens),
            rangeText(fitted.intervals.tokens),
            fitted.r2 === null ? '-' : fitted.r2.toFixed(3),
          ],
      ['paper (mixtures of experts, up to 12B parameters)', '38.4588', '-0.222', '-', '-0.351', '-', '0.962'],
    ],
  };
}

function prediction(facts: Facts, arm: Arm): PaperTable {
  const results = facts.results[predictionName(arm)]!;
  const { valley, parameters } = targetCell(facts, arm);
  const { fitted, unchanged, published } = predictedRates(smallFit(facts, arm), targetSetting(parameters, arm));
  const row = (name: string, rate: number | undefined) => {
    const loss = meanLossOf(results, name);
    const share = (value: number) => `${(100 * value).toFixed(2)}%`;
    return [
      name,
      rate === undefined ? '-' : digits(rate),
      rate === undefined || valley === null ? '-' : (rate / valley.optimum).toFixed(2),
      rate === undefined || valley === null ? '-' : share(parabolaRegret(valley, rate)),
      lossText(results, name),
      loss === undefined || valley === null ? '-' : share(loss / valley.loss - 1),
    ];
  };
  return {
    title: `Outside of the fit: ${sizeText(arm.target)}, ${arm.target.horizons.at(-1)!} steps`,
    caption:
      'Regret is the loss above the lowest of the parabola through the grid at this size and horizon, as a share of it: by the parabola, and of runs that were trained at the rate.',
    head: ['rate from', 'rate', 'of the best', 'regret, parabola', 'loss, trained', 'regret, trained'],
    rows: [
      row(FITTED, fitted),
      row(UNCHANGED, unchanged),
      row(PUBLISHED, published),
      ...(valley === null
        ? []
        : [['grid, interpolated', digits(valley.optimum), '1.00', '0.00%', valley.loss.toFixed(4), '0.00%']]),
    ],
  };
}

/** A factor as `x0.5`. */
const factorText = (factor: number): string => `x${digits(factor)}`;

function transferTable(facts: Facts, scale: Scale): PaperTable {
  const { valley, parameters } = targetCell(facts, scale);
  const row = (name: string, results: Results, strategy: string, rates: readonly (number | undefined)[]) => {
    const loss = meanLossOf(results, strategy);
    return [
      name,
      ...rates.map((rate) => (rate === undefined ? '-' : digits(rate))),
      lossText(results, strategy),
      loss === undefined || valley === null ? '-' : `${(100 * (loss / valley.loss - 1)).toFixed(2)}%`,
    ];
  };
  const { fitted } = predictedRates(smallFit(facts, scale), targetSetting(parameters, scale));
  return {
    title: 'Fitting against transfer, at equal seeds',
    caption: `${sizeText(scale.target)}, ${scale.target.horizons.at(-1)!} steps. A transfer starts from the best rate of one small size at its longest horizon and changes initial weights, multipliers, weight decay and the rates of classes too; regret is that against the grid without these.`,
    head: ['', 'peak', 'rate of hidden matrices', 'loss', 'regret'],
    rows: [
      row(FITTED, facts.results[PREDICTION]!, FITTED, [fitted, fitted]),
      ...scale.transfers.map((one) => {
        const settings = transferredOf(facts, scale, one)?.settings;
        const hidden = settings && settings.peak * (settings.groups.hidden?.rate ?? 1);
        const name = `${one.rule} from ${sizeText(one.from)}`;
        return row(name, facts.results[transferName(one)]!, TRANSFERRED, [settings?.peak, hidden]);
      }),
    ],
  };
}

const moduleExperiments = (): readonly string[] => [
  MODULES_ONE,
  ...MODULE_NAMES.flatMap((name) => [moduleName(name, 'lower'), moduleName(name, 'higher')]),
];

function moduleTable(facts: Facts, scale: Scale, { size, factor }: NonNullable<Scale['modules']>): PaperTable {
  const loss = (experiment: string, strategy = MODULE_WISE) => {
    const results = facts.results[experiment];
    return results === undefined ? '-' : lossText(results, strategy);
  };
  const one = loss(MODULES_ONE);
  const rows = MODULE_NAMES.map((name) => {
    const found = moduleFactor(facts, scale, name);
    const [lower, higher] = [loss(moduleName(name, 'lower')), loss(moduleName(name, 'higher'))];
    return [name, lower, one, higher, found === undefined ? '-' : factorText(found)];
  });
  const { horizons } = scale.fit[0]!;
  return {
    title: 'Rates by module',
    caption: `Losses at ${sizeText(size)}, ${horizons.at(-1)!} steps, with the rate of one module multiplied. The factor is the lowest point of the parabola through the three, within them. The last row is ${sizeText(scale.target)} at ${scale.target.horizons.at(-1)!} steps and the predicted rate, with one rate and with all four factors.`,
    head: ['module', factorText(1 / factor), 'x1', factorText(factor), 'factor'],
    rows: [...rows, ['at the target', '-', loss(PREDICTION, FITTED), '-', loss(MODULES_TARGET)]],
  };
}

function target(facts: Facts, arm: Arm): PaperTable {
  const { cells } = targetFit(facts, arm, SAMPLES);
  const found = lossLawOf(facts, arm);
  const lawText =
    found === undefined
      ? 'Each horizon has its own optimum.'
      : `The power law of the shorter horizons is L = ${digits(found.floor)} + ${digits(found.scale)} · D^-${digits(found.exponent)}; at ${arm.target.horizons.at(-1)!} steps it predicts ${(found.floor + found.scale * cells.at(-1)!.tokens ** -found.exponent).toFixed(4)}.`;
  return {
    title: `The grid outside of the fit, at all horizons of its stable run`,
    caption: lawText,
    head: VALLEY_HEAD,
    rows: cells.map((cell) => valleyRow(sizeText(arm.target), cell)),
  };
}

function costs(facts: Facts, scale: Scale): PaperTable {
  const row = (name: string, grids: readonly (readonly [string, SizeGrid])[]) => {
    const sum = (of: (name: string, grid: SizeGrid) => number) =>
      grids.reduce((total, [experiment, grid]) => total + of(experiment, grid), 0);
    const graphOf = (experiment: string) => facts.results[experiment]!.graph;
    const flops = sum(
      (experiment) => graphOf(experiment).tokensTrained * facts.results[experiment]!.model.flopsPerToken,
    );
    const alone = sum((experiment) => graphOf(experiment).tokensStandalone);
    const shared = sum((experiment) => graphOf(experiment).tokensTrained);
    return [
      name,
      `${(alone / 1e6).toFixed(1)}M`,
      `${(shared / 1e6).toFixed(1)}M`,
      `${((100 * shared) / alone).toFixed(0)}%`,
      `${(flops / 1e12).toFixed(1)}`,
    ];
  };
  const fit = scale.fit.map((grid) => [gridName(grid), grid] as const);
  const outside = [[TARGET, scale.target] as const];
  return {
    title: 'What the grids cost',
    caption:
      'Tokens if every run were trained alone, and with one stable run for all horizons; the share that is left; TFLOP of the second. The fit is what a prediction costs, the grid outside of it what it saves.',
    head: ['', 'tokens, every run alone', 'tokens, shared', 'share', 'TFLOP'],
    rows: [
      row('fit', fit),
      row(`grid at ${sizeText(scale.target)}`, outside),
      row('fit on everything', [...fit, ...outside]),
    ],
  };
}
