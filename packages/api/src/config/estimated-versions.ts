import type { ModelInfo, VersionInfo } from '@branchline/core';
import type { DataSettings } from '@branchline/data';
import { describeModel, isTransformers, withVocabulary } from '@branchline/model';
import { type CheckedModel, isTooLarge } from './model.js';

/** Steps of a version of unknown size: more than any sensible fork needs. */
const STEPS = 1_000_000;

/**
 * Versions estimated from the configuration alone, for calling the plugins before any file is read. Sizes are exact if
 * the tokens of a version are configured.
 */
export function estimatedVersions(
  data: DataSettings | undefined,
  sizes: { readonly batch: number; readonly context: number },
): readonly VersionInfo[] {
  const tokens = data?.versions.tokens ?? STEPS * sizes.batch * sizes.context;
  const sequences = Math.floor(tokens / sizes.context);
  return Array.from({ length: countOf(data) }, (_, index) => ({
    index: index + 1,
    name: `v${index + 1}`,
    sequences,
    tokens: sequences * sizes.context,
  }));
}

function countOf(data: DataSettings | undefined): number {
  if (data === undefined) return 4;
  const { versions, sources } = data;
  switch (versions.by) {
    case 'random':
      return versions.count;
    case 'field':
    case 'domain':
      return versions.order?.length ?? 4;
    case 'source':
      return typeof sources === 'string' ? 1 : sources.length;
  }
}

/** Sizes of a model whose vocabulary may be unknown before text is read; that of bytes is taken then. */
export function estimatedModel(checked: CheckedModel | undefined): ModelInfo {
  const unknown = { parameters: 1, nonEmbeddingParameters: 1 };
  if (checked === undefined) return unknown;
  const { model, vocabulary } = checked;
  if (!isTransformers(model) && isTooLarge(model, vocabulary)) return unknown;
  const { parameters, nonEmbeddingParameters = parameters } = describeModel(
    isTransformers(model) ? model : withVocabulary(model, vocabulary ?? 256),
  );
  return { parameters, nonEmbeddingParameters };
}

/** Whether the text will have scores. Assumes true if that is unknown, to avoid false errors. */
export function willBeScored(data: DataSettings | undefined): boolean {
  if (data === undefined || data.score !== undefined) return true;
  const { sources } = data;
  const list = typeof sources === 'string' ? [] : sources;
  return list.some((source) => typeof source === 'object' && 'scoreField' in source && source.scoreField !== undefined);
}
