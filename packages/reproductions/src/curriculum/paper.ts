/** How decay wastes your best data (Luo et al., ICLR 2026, arXiv 2511.18903): the reproduction by size. */

import { type Reproduction, type Size, type Text, withClaims, withNotes } from '../paper/definition.js';
import type { PaperExperiment } from '../paper/experiment.js';
import { claimsOfCurriculum } from './claims.js';
import { CLAIMS_OF_SCORERS } from './claims-beyond.js';
import { figuresOfCurriculum } from './figures.js';
import { claimsOfLonger, longerOf } from './longer.js';
import { SCORERS, scoredName } from './names.js';
import { NOTES } from './notes.js';
import { ordersOf, scoredOf } from './orders.js';
import { SCALES, type Scale, SWEEPS, THEORY, TOKENS_PER_SECOND } from './scale.js';
import { tablesOfCurriculum } from './tables.js';
import { phasesOf, switchingOf } from './versions.js';

/** Prefixes of names and claims about the quadratic. */
const THEORY_CLAIMS = { prefix: 'theory-', words: 'On a noisy quadratic, ' };

/** Input texts. */
export interface CurriculumTexts {
  /** With known quality. */
  readonly text: Text;
  /** The same kind of text without printable ASCII, as the quadratic trainer's quality requires. */
  readonly letters: Text;
  /** Folder of the prepared corpora. */
  readonly cache: string;
}

/** The reproduction at a size. */
export function curriculumPaper(size: Size, { text, letters, cache }: CurriculumTexts): Reproduction {
  const scale = SCALES[size];
  const longer = size === 'full';
  const all = [
    ...claimsOfCurriculum(),
    ...(longer ? claimsOfLonger() : []),
    ...CLAIMS_OF_SCORERS,
    ...claimsOfCurriculum(THEORY_CLAIMS),
  ];
  const claims = longer ? withNotes(all, NOTES) : all;
  // Noise only adds gradient variance; packages/trainer-quadratic has the other readings.
  const trainer = { trainer: 'quadratic', options: { drift: 0 } } as const;
  const experiments = [
    ...knownOf(scale, text, ''),
    ...SCORERS.map((scorer) => ({ ...scoredOf(scale, text, scorer), name: scoredName(scorer) })),
    ...knownOf({ ...THEORY, seeds: scale.seeds }, letters, THEORY_CLAIMS.prefix).map((experiment) => ({
      ...experiment,
      trainer,
    })),
    ...(longer ? [longerOf(text)] : []),
  ];
  return {
    paper: 'curriculum',
    source: 'Luo et al., How learning-rate decay wastes your best data, ICLR 2026, arXiv 2511.18903',
    setting: `${scale.steps} steps of ${scale.batch} x ${scale.model.context} bytes; each document has 0 to 60% of its bytes replaced by noise, so that its quality is known; losses in nats per byte on clean held-out text. ${SWEEPS[size]} Where nothing else is said, averages are of six checkpoints over the last eighth. Theory: ${THEORY.steps} steps of SGD on a quadratic whose gradients are noisier for worse documents (0 to 100% noise).`,
    experiments: experiments.map((experiment) => withClaims(experiment, claims)),
    plans: [],
    claims,
    tables: (facts) => tablesOfCurriculum(facts, cache),
    figures: figuresOfCurriculum,
    tokensPerSecond: TOKENS_PER_SECOND,
  };
}

/** The experiments on text of known quality. */
const knownOf = (scale: Scale, text: Text, prefix: string): readonly PaperExperiment[] => [
  { ...ordersOf(scale, text), name: `${prefix}orders` },
  { ...phasesOf(scale, text), name: `${prefix}phases` },
  { ...switchingOf(scale, text), name: `${prefix}switching` },
];
