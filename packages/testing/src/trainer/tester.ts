/** The conformance kit for trainers. */
import { constant, definePlugin, linear, type TrainerFactory } from '@branchline/core';
import { checkResume } from '../resume.js';
import { type Check, type Suite, suiteOf } from '../suite.js';
import { checkDistilling, checkEvaluation, checkInitial, checkPrefix, checkTraining } from './agreement.js';
import { Bench, type TrainerTests } from './bench.js';
import { checkDecoding } from './decoding.js';
import { checkEvaluationEffects, checkPartIndependence } from './evaluation.js';
import { checkDescription, checkDisposal } from './lifetime.js';
import { checkCombining, checkContinuing, checkDeterminism, checkParts, checkSeeds } from './saving.js';
import { checkScoring } from './scoring.js';
import { checkNumbers, checkSeveral, checkSmallBatches, checkSteps, checkWeights } from './stepping.js';
import { checkTeaching } from './teaching.js';

/**
 * A suite that checks what every trainer promises. `register` it in a test runner, or `run` it. Every check creates its
 * own trainers. Trainers with `deterministic: false` are compared within the tolerance instead of bit for bit.
 */
export function createTrainerTester(factory: TrainerFactory, tests: TrainerTests): Suite {
  const bench = new Bench(factory, tests);
  const { reference, objectives = [] } = tests;
  const distils = objectives.includes('distil');
  const check = (name: string, run: (bench: Bench) => Promise<void>): Check => ({ name, run: () => run(bench) });
  return suiteOf(`trainer ${factory.name}`, [
    check('describes itself, always alike', checkDescription),
    check('draws fresh weights from a seed', checkSeeds),
    ...(reference?.initialize
      ? [check('draws the initial weights of the reference', () => checkInitial(bench, reference.initialize!))]
      : []),
    ...(reference === undefined
      ? []
      : [
          check('evaluates as the reference does', () => checkEvaluation(bench, reference)),
          check('trains as the reference does', () => checkTraining(bench, reference)),
          ...(objectives.includes('prefix')
            ? [check('leaves out prefixes as the reference does', () => checkPrefix(bench, reference))]
            : []),
          ...(distils ? [check('distils as the reference does', () => checkDistilling(bench, reference))] : []),
        ]),
    check('repeats bit for bit, or declares that it does not', checkDeterminism),
    check('yields one step at a time', checkSteps),
    check('trains batches of one', checkSmallBatches),
    check('applies the loss weights of sequences', checkWeights),
    ...(distils ? [check('learns from teachers', checkTeaching)] : []),
    check('resumes from every saved step', checkContinuing),
    check('restores weights and moments, each alone', checkParts),
    check('combines checkpoints in weighted sums', checkCombining),
    check('evaluates without side effects', checkEvaluationEffects),
    check('evaluates each part independently of the others', checkPartIndependence),
    check('scores passages as it evaluates text, if it supports scoring', () => checkScoring(bench, reference)),
    check('continues texts as it evaluates text, if it can generate', () => checkDecoding(bench, reference)),
    check('rejects non-finite numbers', checkNumbers),
    check('keeps states independent', checkSeveral),
    check('frees disposed states', checkDisposal),
    check('resumes after a stop or crash in a run', checkRun),
  ]);
}

/** Branches that start with fresh moments, and releases that average their checkpoints. */
const branching = definePlugin({
  name: 'kit-branching',
  onVersion: () => ({
    steps: 5,
    lr: { schedule: constant(), warmup: 2 },
    forks: ['branch'],
    release: {
      path: 'branch',
      average: [
        { stepsBack: 0, weight: 1.25 },
        { stepsBack: 2, weight: -0.25 },
      ],
    },
  }),
  onFork: { branch: () => ({ at: 3, steps: 3, lr: { schedule: linear() }, carry: { optimizer: false } }) },
});

/** A run of the kernel with a stop and crashes. */
async function checkRun(bench: Bench): Promise<void> {
  await bench.lend(async (trainer) => {
    if (!trainer.describe().deterministic) return;
    const { data, tests } = bench;
    const cuts = [
      { by: 'stop', after: 2 },
      { by: 'crash', after: 4 },
      { by: 'crash-in-save', after: 2 },
      { by: 'stop', after: 3 },
      { by: 'crash-in-evaluation', after: 1 },
    ] as const;
    await checkResume({ strategies: { branching: [branching()] }, data, model: tests.model, trainer, cuts });
  });
}
