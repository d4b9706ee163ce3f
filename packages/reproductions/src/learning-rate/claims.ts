/** The claims of Zhou et al. (Findings of ACL 2026, arXiv 2601.05049). Fixed here before any run. */
import type { Facts, PaperClaim } from '../paper/definition.js';
import {
  cellsInside,
  fitNames,
  lossLawError,
  meanLossOf,
  meanR2,
  predictionError,
  predictionName,
  regretOf,
  rootRegret,
  sharedTokens,
  smallFit,
  targetName,
  threeRatesError,
} from './measures.js';
import {
  EXPERTS,
  FITTED,
  MODULE_WISE,
  MODULES_TARGET,
  PREDICTION,
  sizeText,
  TARGET,
  TRANSFERRED,
  type TransferCase,
  transferName,
} from './names.js';
import type { Arm, Scale } from './scale.js';

type Test<By> = Extract<PaperClaim['test'], { by: By }>;

/** Places in the paper. */
const QUADRATIC = 'fitting, equation 2';
const LOSS_LAW = 'fitting, equation 4';
const RATE_LAW = 'fitting, equation 6';
const TRANSFER = 'abstract; comparison of fitting and transfer';
const MODULES_PLACE = 'module-wise tuning';
const COST = 'abstract; fitting';

/** How far a rate may be from the best one: a quarter, up or down. */
export const RATE_MARGIN = Math.log(1.25);
/** How much a predicted rate may cost, as a share of the loss. */
export const REGRET_MARGIN = 0.005;
/** How far a predicted loss may be off, as a share of it. */
const LOSS_MARGIN = 0.02;
/** How much lower rates by module may end, as a share of the loss. */
const MODULE_MARGIN = 0.01;
/** R² that a parabola has at least, in the mean over the cells. */
const PARABOLA_R2 = 0.95;
/** R² that the law of the rate has at least. */
const LAW_R2 = 0.9;

/** All claims, in the order of the paper; ids are stable. */
export function claimsOfLearningRate(scale: Scale): readonly PaperClaim[] {
  const { transfers, modules, mixture } = scale;
  return [
    ...fitting(scale),
    ...transfers.map(transfer),
    ...(modules === undefined ? [] : [MODULES_CLAIM]),
    cost(scale),
    ...(mixture === undefined ? [] : fitting(mixture).map(ofExperts)),
  ];
}

/** The same claim about mixtures of experts, in a family of its own. */
const ofExperts = ({ id, claim, where, test }: PaperClaim): PaperClaim => ({
  id: `${EXPERTS}${id}`,
  claim: `Mixtures of experts: ${claim.charAt(0).toLowerCase()}${claim.slice(1)}`,
  where,
  test: test.by === 'estimate' ? { ...test, family: 'experts' } : test,
});

/** The quadratic, the laws, and the prediction outside of the fit. */
function fitting(arm: Arm): readonly PaperClaim[] {
  const fits = fitNames(arm);
  const [target, prediction] = [targetName(arm), predictionName(arm)];
  const grids = [...fits, target];
  return [
    {
      id: 'quadratic-inside',
      claim: 'At every size and horizon the best rate is inside of the grid',
      where: QUADRATIC,
      test: { by: 'count', experiments: grids, count: (facts) => cellsInside(facts, arm) },
    },
    {
      id: 'quadratic',
      claim: `Around the best rate the loss is quadratic in the log of the rate: R² above ${PARABOLA_R2}, mean of the cells`,
      where: QUADRATIC,
      test: above(grids, PARABOLA_R2, (facts) => meanR2(facts, arm)),
    },
    {
      id: 'three-rates',
      claim: 'Three rates suffice: their optimum is within 25% of that of all, root mean square over the cells',
      where: QUADRATIC,
      test: {
        ...{ by: 'estimate', experiments: grids, expect: '<= margin', margin: RATE_MARGIN },
        estimate: (facts) => threeRatesError(facts, arm),
      },
    },
    ...(arm.target.horizons.length < 4 ? [] : [lossLaw(arm)]),
    {
      id: 'law',
      claim: `The best rates of all sizes and horizons are one power law: R² above ${LAW_R2}`,
      where: RATE_LAW,
      test: above(fits, LAW_R2, (facts) => smallFit(facts, arm).law?.r2 ?? undefined),
    },
    {
      id: 'law-parameters',
      claim: 'The best rate falls with the size of the model: its exponent is below 0',
      where: RATE_LAW,
      test: below0(fits, (facts) => smallFit(facts, arm).law?.exponents.parameters ?? undefined),
    },
    {
      id: 'law-tokens',
      claim: 'The best rate falls with the tokens: their exponent is below 0',
      where: RATE_LAW,
      test: below0(fits, (facts) => smallFit(facts, arm).law?.exponents.tokens ?? undefined),
    },
    {
      id: 'prediction-rate',
      claim: 'At a size and horizon outside of the fit, the predicted rate is within 25% of the best of a grid there',
      where: RATE_LAW,
      test: {
        ...{ by: 'estimate', experiments: grids, expect: '~ 0', margin: RATE_MARGIN },
        estimate: (facts) => predictionError(facts, arm),
      },
    },
    {
      id: 'prediction-regret',
      claim:
        'There, by the parabola of the grid, the predicted rate costs at most 0.5% of the lowest loss (effect: square root of the cost, with the sign of the error)',
      where: RATE_LAW,
      test: {
        ...{ by: 'estimate', experiments: grids, expect: '~ 0', margin: Math.sqrt(REGRET_MARGIN) },
        estimate: (facts) => rootRegret(facts, arm),
      },
    },
    {
      id: 'prediction-trained',
      claim: 'Trained there, the predicted rate ends at most 0.5% above that lowest loss',
      where: RATE_LAW,
      test: {
        ...{ by: 'estimate', experiments: [target, prediction], expect: '<= margin', margin: REGRET_MARGIN },
        estimate: (facts) => regretOf(facts, arm, FITTED),
      },
    },
  ];
}

/** Steps of the grids, counted. */
function cost(scale: Scale): PaperClaim {
  const grids = [...fitNames(scale), TARGET];
  return {
    id: 'cost',
    claim: 'One stable run for each size, rate and seed serves all horizons, as O(n · C_D · C_rate) says',
    where: COST,
    test: {
      by: 'count',
      experiments: grids,
      count: ({ results }) => ({
        found: grids.reduce((sum, name) => sum + results[name]!.graph.tokensTrained, 0),
        expected: [...scale.fit, scale.target].reduce(
          (sum, grid, index) => sum + sharedTokens(grid, results[grids[index]!]!.seeds.length),
          0,
        ),
      }),
    },
  };
}

/** The predicted rate against hyperparameters that a rule of transfer gives. */
const transfer = (one: TransferCase): PaperClaim => ({
  id: transferName(one),
  claim: `Fitting beats transfer: the predicted rate ends lower than ${one.rule} from ${sizeText(one.from)}`,
  where: TRANSFER,
  test: {
    ...{ by: 'estimate', family: 'transfer', expect: '< 0' },
    experiments: [PREDICTION, transferName(one)],
    estimate: (facts) => shareOf(facts, [PREDICTION, FITTED], [transferName(one), TRANSFERRED]),
  },
});

const MODULES_CLAIM: PaperClaim = {
  id: 'modules',
  claim: `Rates tuned by module are not worth it: they end at most ${100 * MODULE_MARGIN}% below one rate for all`,
  where: MODULES_PLACE,
  test: {
    ...{ by: 'estimate', family: 'modules', expect: '>= -margin', margin: MODULE_MARGIN },
    experiments: [PREDICTION, MODULES_TARGET],
    estimate: (facts) => shareOf(facts, [MODULES_TARGET, MODULE_WISE], [PREDICTION, FITTED]),
  },
};

/** A strategy of an experiment. */
type Of = readonly [experiment: string, strategy: string];

/** Mean loss of one strategy over that of another, minus 1; undefined if one failed. */
function shareOf({ results }: Facts, one: Of, other: Of): number | undefined {
  const [loss, against] = [one, other].map(([experiment, name]) => meanLossOf(results[experiment]!, name));
  return loss === undefined || against === undefined ? undefined : loss / against - 1;
}

/** Three horizons and a longer one. */
const lossLaw = (arm: Arm): PaperClaim => ({
  id: 'loss-law',
  claim: 'The loss is a power law in the tokens: shorter horizons predict that at twice the longest within 2%',
  where: LOSS_LAW,
  test: {
    ...{ by: 'estimate', experiments: [targetName(arm)], expect: '~ 0', margin: LOSS_MARGIN },
    estimate: (facts) => lossLawError(facts, arm),
  },
});

/** The statistic is above a bound. */
const above = (
  experiments: readonly string[],
  bound: number,
  of: Test<'estimate'>['estimate'],
): PaperClaim['test'] => ({
  ...{ by: 'estimate', experiments, expect: '> margin', margin: bound },
  estimate: of,
});

const below0 = (experiments: readonly string[], estimate: Test<'estimate'>['estimate']): PaperClaim['test'] => ({
  ...{ by: 'estimate', experiments, expect: '< 0' },
  estimate,
});
