import { headSize, type ModelSpec, parameterTable, ropeTable } from '@branchline/model';
import {
  type ArraySpec,
  causalAttention,
  crossEntropy,
  embedding,
  rmsNorm,
  rotary,
  swiGlu,
  type TensorFunction,
} from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import { balanceLoss, mixture, type OnRouting, withGradientOf } from './mixture.js';

/** Finds a parameter by its name without the suffix `.weight`. */
export type Weights = (name: string) => tf.Tensor;

/** `x @ W^T`. */
const project = (x: tf.Tensor2D, weight: tf.Tensor): tf.Tensor2D => tf.matMul(x, weight, false, true);

/** `x` times a multiplier of the model; no operation without one. */
const scaled = (x: tf.Tensor2D, factor: number | undefined): tf.Tensor2D =>
  factor === undefined ? x : tf.mul(x, factor);

/** Of one layer: from projections `[rows, heads * size]` of the rows to their attention output, `[rows, width]`. */
export type Attention = (layer: number, q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor2D;

/** The residual stream after the last norm, `[rows, width]`, for any way to attend to other rows. */
export function hiddenStates(
  spec: ModelSpec,
  weights: Weights,
  tokens: tf.Tensor1D,
  attend: Attention,
  onRouting?: OnRouting,
): tf.Tensor2D {
  const { experts } = spec;
  const norm = (x: tf.Tensor2D, name: string) => rmsNorm(x, weights(name) as tf.Tensor1D, spec.normEpsilon);
  const { embedding: inputs, residual } = spec.multipliers ?? {};
  const add = (stream: tf.Tensor2D, branch: tf.Tensor2D): tf.Tensor2D => tf.add(stream, scaled(branch, residual));
  let stream = scaled(embedding(weights('model.embed_tokens') as tf.Tensor2D, tokens), inputs);
  for (let layer = 0; layer < spec.layers; layer++) {
    const own = (name: string) => weights(`model.layers.${layer}.${name}`);
    const normal = norm(stream, `model.layers.${layer}.input_layernorm`);
    const [q, k, v] = ['q', 'k', 'v'].map((name) => project(normal, own(`self_attn.${name}_proj`)));
    stream = add(stream, project(attend(layer, q!, k!, v!), own('self_attn.o_proj')));
    const second = norm(stream, `model.layers.${layer}.post_attention_layernorm`);
    if (experts !== undefined) {
      stream = tf.add(stream, mixture({ ...spec, experts }, own, second, onRouting));
      continue;
    }
    const inner = swiGlu(project(second, own('mlp.gate_proj')), project(second, own('mlp.up_proj')));
    stream = add(stream, project(inner, own('mlp.down_proj')));
  }
  return norm(stream, 'model.norm');
}

/** Tables of the rotary angles, `[context, size / 2]`. */
export function rotaryTables(spec: ModelSpec): { readonly cos: tf.Tensor2D; readonly sin: tf.Tensor2D } {
  const { context } = spec;
  const table = (values: Float64Array) => tf.tensor2d(Float32Array.from(values), [context, headSize(spec) / 2]);
  const { cos, sin } = ropeTable(spec, context);
  return { cos: table(cos), sin: table(sin) };
}

/** Attention within whole sequences of `context` rows. */
function wholeSequences(spec: ModelSpec, rows: number): Attention {
  const { context, width } = spec;
  const sequences = rows / context;
  const { cos, sin } = rotaryTables(spec);
  const heads = (x: tf.Tensor2D, count: number): tf.Tensor4D =>
    tf.transpose(tf.reshape(x, [sequences, context, count, headSize(spec)]), [0, 2, 1, 3]);
  return (_layer, q, k, v) => {
    const attended = causalAttention(
      rotary(heads(q, spec.heads), cos, sin),
      rotary(heads(k, spec.kvHeads), cos, sin),
      heads(v, spec.kvHeads),
      spec.multipliers?.attention,
    );
    return tf.reshape<tf.Rank.R2>(tf.transpose(attended, [0, 2, 1, 3]), [rows, width]);
  };
}

/** Logits of rows of the residual stream. */
export function outputLogits(spec: ModelSpec, weights: Weights, hidden: tf.Tensor2D): tf.Tensor2D {
  return project(
    scaled(hidden, spec.multipliers?.output),
    weights(spec.tieEmbeddings ? 'model.embed_tokens' : 'lm_head'),
  );
}

/** Finds parameters by name among tensors in the order of `parameterTable`. */
export function namedWeights(spec: ModelSpec, values: readonly tf.Tensor[]): Weights {
  const byName = new Map(parameterTable(spec).map((parameter, index) => [parameter.name, values[index]!]));
  return (key) => byName.get(`${key}.weight`)!;
}

/** Types and shapes of the parameters. */
export function parameterInputs(spec: ModelSpec): readonly ArraySpec[] {
  return parameterTable(spec).map(({ shape }): ArraySpec => ({ dtype: 'float32', shape }));
}

/** Logits of whole sequences, `[rows, vocabulary]`. */
export function logits(spec: ModelSpec, weights: Weights, tokens: tf.Tensor1D, onRouting?: OnRouting): tf.Tensor2D {
  return outputLogits(spec, weights, hiddenStates(spec, weights, tokens, wholeSequences(spec, tokens.size), onRouting));
}

/** Adds the load-balancing loss to the gradient of the losses of `compute`, and not to the losses. */
function balanced({ experts, context }: ModelSpec, compute: (onRouting?: OnRouting) => tf.Tensor1D): tf.Tensor1D {
  if (experts === undefined || experts.balance === 0) return compute();
  const parts: tf.Tensor1D[] = [];
  const losses = compute((routing) => parts.push(balanceLoss(routing, experts, context)));
  return withGradientOf(
    losses,
    parts.reduce((sum, part) => tf.add(sum, part)),
  );
}

/** Programs of the model. The last inputs of each are the parameters, in the order of `parameterTable`. */
export type ProgramName = 'train' | 'evaluate' | 'logits';

/** A function of tensors, with the types and shapes of its inputs. */
export interface Program {
  readonly fn: TensorFunction;
  readonly inputs: readonly ArraySpec[];
}

/**
 * The model, written once for all engines, as functions of a fixed number of sequences:
 *
 * - `train`: from tokens, targets and a factor per token to the negative log-likelihood of each token, and the gradient
 *   of the sum of factor times loss in each parameter; with experts, also of factor times load-balancing loss;
 * - `evaluate`: from tokens and targets to the negative log-likelihood of each token;
 * - `logits`: from tokens to logits.
 *
 * Tokens and targets are int32, factors float32, all of size `sequences * context`.
 */
export function program(name: ProgramName, spec: ModelSpec, sequences: number): Program {
  const tokens: ArraySpec = { dtype: 'int32', shape: [sequences * spec.context] };
  const factors: ArraySpec = { dtype: 'float32', shape: tokens.shape };
  const parameters = parameterInputs(spec);
  const nll = (values: readonly tf.Tensor[], ids: tf.Tensor, targets: tf.Tensor, onRouting?: OnRouting): tf.Tensor1D =>
    crossEntropy(logits(spec, namedWeights(spec, values), ids as tf.Tensor1D, onRouting), targets as tf.Tensor1D);
  switch (name) {
    case 'train':
      return {
        inputs: [tokens, tokens, factors, ...parameters],
        fn: (ids, targets, scale, ...values) => {
          // The factors are passed as the upstream gradient; the caller sums the losses in float64.
          const losses = (...own: tf.Tensor[]): tf.Tensor =>
            balanced(spec, (onRouting) => nll(own, ids, targets, onRouting));
          const { value, grads } = tf.valueAndGrads(losses)(values, scale);
          return [value, ...grads];
        },
      };
    case 'evaluate':
      return {
        inputs: [tokens, tokens, ...parameters],
        fn: (ids, targets, ...values) => nll(values, ids, targets),
      };
    case 'logits':
      return {
        inputs: [tokens, ...parameters],
        fn: (ids, ...values) => logits(spec, namedWeights(spec, values), ids as tf.Tensor1D),
      };
  }
}
