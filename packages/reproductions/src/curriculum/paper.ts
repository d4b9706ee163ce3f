/** How decay wastes your best data (Luo et al., ICLR 2026, arXiv 2511.18903): the reproduction by size. */

import { type Reproduction, type Size, withClaims } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { claimsAs, claimsOfLarger, claimsOfPaper } from './claims.js';
import {
  CLAIMS_OF_CONTROLS,
  claimsOfFinish,
  claimsOfSelection,
  claimsOfSwitching,
  claimsOfSwitchingSizes,
} from './claims-beyond.js';
import { figuresOfCurriculum } from './figures.js';
import { LARGER, NOISE, SCORERS, SWITCHING_LARGER, SWITCHING_NARROWER, scoredName } from './names.js';
import { controlOf, heartOf, ordersOf } from './orders.js';
import {
  LARGE,
  NARROW,
  RATES,
  SCALES,
  type Scale,
  THEORY,
  TOKENS_PER_SECOND,
  TOKENS_PER_SECOND_LARGE,
} from './scale.js';
import { selectionOf } from './selection.js';
import { switchingHeartOf, switchingOf } from './switching.js';
import { tablesOfCurriculum } from './tables.js';
import type { CurriculumTexts, ScoredText } from './text.js';
import { phasesOf } from './versions.js';

/** Of names and claims about the quadratic. */
export const THEORY_PREFIX = 'theory-';

/** What the reproduction reads. */
export interface CurriculumInput {
  readonly texts: CurriculumTexts;
  /** Text of known quality without printable ASCII, as the quadratic trainer's quality requires. */
  readonly letters: ScoredText;
  /** Folder of the prepared corpora. */
  readonly cache: string;
}

/** The reproduction at a size. The quick size has all experiments but those at other sizes. */
export function curriculumPaper(size: Size, { texts, letters, cache }: CurriculumInput): Reproduction {
  const scale = SCALES[size];
  const { elsewhere } = texts.scored;
  const larger = size === 'full';
  const claims = [
    ...claimsOfPaper(),
    ...(larger ? claimsOfLarger() : []),
    ...claimsOfFinish('orders'),
    ...claimsOfSwitching('switching', elsewhere),
    ...(larger ? claimsOfSwitchingSizes(elsewhere) : []),
    ...claimsOfSelection('selection'),
    ...CLAIMS_OF_CONTROLS,
    ...claimsOfTheory(),
  ];
  const experiments: readonly PaperExperiment[] = [
    ...experimentsOf(scale, texts.scored),
    { ...selectionOf(scale, texts.scored), name: 'selection' },
    ...SCORERS.map((scorer) => ({ ...controlOf(scale, texts[scorer]), name: scoredName(scorer) })),
    { ...controlOf(scale, texts.noise), name: NOISE },
    ...theoryOf({ ...THEORY, seeds: scale.seeds }, letters),
    ...(larger
      ? [
          { ...heartOf(LARGE, texts.scored), name: LARGER },
          { ...switchingHeartOf(NARROW, texts.scored), name: SWITCHING_NARROWER },
          { ...switchingHeartOf(LARGE, texts.scored), name: SWITCHING_LARGER },
        ]
      : []),
  ];
  return {
    paper: 'curriculum',
    source: 'Luo et al., How learning-rate decay wastes your best data, ICLR 2026, arXiv 2511.18903',
    setting: settingOf(size),
    experiments: experiments.map((experiment) => withClaims(experiment, claims)),
    plans: [],
    claims,
    tables: (facts) => tablesOfCurriculum(facts, { cache, elsewhere }),
    figures: (facts) => figuresOfCurriculum(facts, elsewhere),
    tokensPerSecond: TOKENS_PER_SECOND,
    tokensPerSecondOf: { [LARGER]: TOKENS_PER_SECOND_LARGE, [SWITCHING_LARGER]: TOKENS_PER_SECOND_LARGE },
  };
}

/** Orders, phases and path switching. */
const experimentsOf = (scale: Scale, text: ScoredText): readonly PaperExperiment[] => [
  { ...ordersOf(scale, text), name: 'orders' },
  { ...phasesOf(scale, text), name: 'phases' },
  { ...switchingOf(scale, text), name: 'switching' },
];

/** The same on the quadratic, where noise only adds gradient variance. */
const theoryOf = (scale: Scale, letters: ScoredText): readonly PaperExperiment[] =>
  experimentsOf(scale, letters).map((experiment) => ({
    ...experiment,
    name: `${THEORY_PREFIX}${experiment.name}`,
    trainer: { trainer: 'quadratic', options: { drift: 0 } },
  }));

const claimsOfTheory = () => {
  const claims = [...claimsOfPaper(), ...claimsOfFinish('orders'), ...claimsOfSwitching('switching', undefined)];
  const there = claims.map(({ test, ...rest }) => ({
    ...rest,
    test: test.by === 'seeds' ? { ...test, experiment: `${THEORY_PREFIX}${test.experiment}` } : test,
  }));
  return claimsAs(there, { prefix: THEORY_PREFIX, words: 'On a noisy quadratic, ' });
};

function settingOf(size: Size): string {
  const { steps, batch, model } = SCALES[size];
  const second =
    size === 'full'
      ? ` Second size: ${LARGE.steps} steps of ${LARGE.batch} x ${LARGE.model.context} bytes at ${LARGE.model.layers} layers of width ${LARGE.model.width}. Narrower size: as the first, of width ${NARROW.model.width}.`
      : '';
  return `${steps} steps of ${batch} x ${model.context} bytes at ${model.layers} layers of width ${model.width}.${second} Text is in pieces of 1 KiB at most; its score is the log-odds of a linear classifier that it is like reference text of the kind that the model is for; losses in nats per byte on other text of that kind, the target, where nothing else is said. Orders rank all domains together. ${RATES[size]} Where nothing else is said, decays are over 18% of the training, and averages are of six checkpoints an 80th of the training apart. Theory: ${THEORY.steps} steps of SGD on a quadratic whose gradients are noisier for worse documents (0 to 100% noise).`;
}
