import type { JsonValue, ModelDescription } from '@branchline/core';
import { activeCount, nonEmbeddingCount, sizeOf } from './parameters.js';
import { headSize, type ModelSpec } from './spec.js';
import {
  isTransformers,
  type LanguageModelSpec,
  nonEmbeddingOf,
  storedArrays,
  transformersFlopsPerToken,
} from './transformers.js';

/**
 * FLOPs per token of a training step, an exact integer.
 *
 * Counts all matrix products, with a multiply-add as two operations; ignores norms, rotary embeddings, softmax,
 * activations and the optimizer. Forward pass, per token:
 *
 * - each layer: `2 * width * (2 * width + 2 * kvHeads * headSize)` for the four projections of attention,
 *   `2 * 2 * context * width` for the attention scores and their product with the values (over the full context: the
 *   causal half that is masked is computed too), and `2 * 3 * width * hidden` for SwiGLU; with experts, that for each
 *   active one, and `2 * width * count` for the router, whatever a trainer computes to get their result;
 * - `2 * width * vocabulary` for the logits; embedding lookup is free.
 *
 * The backward pass costs twice the forward pass, so a step costs three forward passes. With M weights in matrix
 * products the total is `6 M + 12 * layers * context * width`: the well-known `6 N` (Kaplan et al., 2020) plus
 * attention, where M is N without norm gains and, if embeddings are untied, without the input embedding; with experts,
 * N is the number of active parameters.
 */
export function flopsPerToken(spec: ModelSpec): number {
  const { layers, width, hidden, context, vocabulary, experts } = spec;
  const projections = 2 * width * (2 * width + 2 * spec.kvHeads * headSize(spec));
  const attention = 4 * context * width;
  const block = 6 * width * hidden;
  const feedForward = experts === undefined ? block : experts.active * block + 2 * width * experts.count;
  const forward = layers * (projections + attention + feedForward) + 2 * width * vocabulary;
  if (!Number.isSafeInteger(3 * forward))
    throw new RangeError('flopsPerToken exceeds 2^53: the model size is not plausible');
  return 3 * forward;
}

/** Describes a model for the kernel. */
export function describeModel(spec: LanguageModelSpec): ModelDescription {
  const sizes = storedArrays(spec).map(({ shape }) => sizeOf(shape));
  return {
    spec: { ...spec } satisfies Record<string, JsonValue>,
    parameters: sizes.reduce((sum, size) => sum + size, 0),
    nonEmbeddingParameters: isTransformers(spec) ? nonEmbeddingOf(spec) : nonEmbeddingCount(spec),
    ...(!isTransformers(spec) && spec.experts !== undefined && { activeParameters: activeCount(spec) }),
    context: spec.context,
    flopsPerToken: isTransformers(spec) ? transformersFlopsPerToken(spec) : flopsPerToken(spec),
  };
}
