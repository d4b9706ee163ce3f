import type { JsonValue } from '@branchline/core';
import { classifier } from '../scorers/classifier.js';
import { compression } from '../scorers/compression.js';
import { defineScorer, describeScorer, type TextScorer } from '../scorers/define.js';
import { diversity } from '../scorers/diversity.js';
import { ngram } from '../scorers/ngram.js';
import type { DataSettings } from './schema.js';

/** How documents are scored. */
export interface Scoring {
  /** `field`: read from a field; `quality`: share of bytes left intact by `corrupt`; `text`: computed by `scorer`. */
  readonly by: 'nothing' | 'field' | 'quality' | 'text';
  /** Set if `by` is `text`. */
  readonly scorer?: TextScorer;
}

const diversityScorer = defineScorer({
  name: 'diversity',
  version: '1',
  score: (texts) => texts.map(diversity),
});

/** The configured scoring. Default: `field` if any source has a `scoreField`, otherwise none. */
export function scoringOf(
  { score }: DataSettings,
  sources: readonly { readonly fields: { readonly score?: string } }[],
): Scoring {
  if (score === undefined)
    return { by: sources.some(({ fields }) => fields.score !== undefined) ? 'field' : 'nothing' };
  if (score === 'field' || score === 'quality') return { by: score };
  if (typeof score === 'object' && 'column' in score) return { by: 'field' };
  return { by: 'text', scorer: scorerOf(score) };
}

type TextScore = Exclude<DataSettings['score'], undefined | 'field' | 'quality' | { column: string }>;

function scorerOf(score: TextScore): TextScorer {
  if (score === 'diversity') return diversityScorer;
  if (score === 'compression') return compression;
  if (!('by' in score)) return score;
  return score.by === 'ngram' ? ngram(score.order, score.sample) : classifier({ ...score, sampleBytes: score.sample });
}

/**
 * The scorer entry of a manifest. Undefined for the scorings that predate the entry, so that their digests stay the
 * same.
 */
export function scorerInManifest({ scorer }: Scoring): JsonValue | undefined {
  return scorer === undefined || scorer === diversityScorer ? undefined : describeScorer(scorer);
}
