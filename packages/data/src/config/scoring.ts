import type { JsonValue } from '@branchline/core';
import { compression } from '../scorers/compression.js';
import { defineScorer, type Scorer } from '../scorers/define.js';
import { diversity } from '../scorers/diversity.js';
import { ngram } from '../scorers/ngram.js';
import type { DataSettings } from './schema.js';

/** How documents are scored. */
export interface Scoring {
  /** `field`: the documents bring their scores; `quality`: noise is counted; `text`: a scorer looks at them. */
  readonly by: 'nothing' | 'field' | 'quality' | 'text';
  /** Where it is by text. */
  readonly scorer?: Scorer;
}

const diversityScorer = defineScorer({
  name: 'diversity',
  version: '1',
  score: (texts) => texts.map(diversity),
});

/** What the settings ask for; with a field in a source, that field where they ask for nothing. */
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

function scorerOf(score: TextScore): Scorer {
  if (score === 'diversity') return diversityScorer;
  if (score === 'compression') return compression;
  return 'by' in score ? ngram(score.order, score.sample) : score;
}

/** A scorer as it stands in keys and manifests. */
export function describeScorer({ name, version, options }: Scorer): JsonValue {
  return { name, version, options: options ?? null };
}

/** What manifests say of the scores; corpora that were scored by what there was first say nothing. */
export function scorerInManifest({ scorer }: Scoring): JsonValue | undefined {
  return scorer === undefined || scorer === diversityScorer ? undefined : describeScorer(scorer);
}
