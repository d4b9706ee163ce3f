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

/** Finds a parameter by its name without the suffix `.weight`. */
type Weights = (name: string) => tf.Tensor;

/** `x @ W^T`. */
const project = (x: tf.Tensor2D, weight: tf.Tensor): tf.Tensor2D => tf.matMul(x, weight, false, true);

/** The residual stream after the last norm, `[sequences * context, width]`. */
function hiddenStates(spec: ModelSpec, weights: Weights, tokens: tf.Tensor1D): tf.Tensor2D {
  const { context, width, normEpsilon } = spec;
  const size = headSize(spec);
  const rows = tokens.size;
  const sequences = rows / context;
  const { cos, sin } = ropeTable(spec, context);
  const angles = [cos, sin].map((table) => tf.tensor2d(Float32Array.from(table), [context, size / 2]));
  const turn = (x: tf.Tensor4D) => rotary(x, angles[0] as tf.Tensor2D, angles[1] as tf.Tensor2D);
  const norm = (x: tf.Tensor2D, name: string) => rmsNorm(x, weights(name) as tf.Tensor1D, normEpsilon);
  let stream = embedding(weights('model.embed_tokens') as tf.Tensor2D, tokens);
  for (let layer = 0; layer < spec.layers; layer++) {
    const own = (name: string) => weights(`model.layers.${layer}.${name}`);
    const normal = norm(stream, `model.layers.${layer}.input_layernorm`);
    const heads = (name: string, count: number): tf.Tensor4D =>
      tf.transpose(
        tf.reshape(project(normal, own(`self_attn.${name}_proj`)), [sequences, context, count, size]),
        [0, 2, 1, 3],
      );
    const attended = causalAttention(
      turn(heads('q', spec.heads)),
      turn(heads('k', spec.kvHeads)),
      heads('v', spec.kvHeads),
    );
    const joined = tf.reshape<tf.Rank.R2>(tf.transpose(attended, [0, 2, 1, 3]), [rows, width]);
    stream = tf.add(stream, project(joined, own('self_attn.o_proj')));
    const second = norm(stream, `model.layers.${layer}.post_attention_layernorm`);
    const inner = swiGlu(project(second, own('mlp.gate_proj')), project(second, own('mlp.up_proj')));
    stream = tf.add(stream, project(inner, own('mlp.down_proj')));
  }
  return norm(stream, 'model.norm');
}

function logits(spec: ModelSpec, weights: Weights, tokens: tf.Tensor1D): tf.Tensor2D {
  const output = weights(spec.tieEmbeddings ? 'model.embed_tokens' : 'lm_head');
  return project(hiddenStates(spec, weights, tokens), output);
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
 *   of the sum of factor times loss in each parameter;
 * - `evaluate`: from tokens and targets to the negative log-likelihood of each token;
 * - `logits`: from tokens to logits.
 *
 * Tokens and targets are int32, factors float32, all of size `sequences * context`.
 */
export function program(name: ProgramName, spec: ModelSpec, sequences: number): Program {
  const table = parameterTable(spec);
  const tokens: ArraySpec = { dtype: 'int32', shape: [sequences * spec.context] };
  const factors: ArraySpec = { dtype: 'float32', shape: tokens.shape };
  const parameters = table.map(({ shape }): ArraySpec => ({ dtype: 'float32', shape }));
  const named = (values: readonly tf.Tensor[]): Weights => {
    const byName = new Map(table.map((parameter, index) => [parameter.name, values[index]!]));
    return (key) => byName.get(`${key}.weight`)!;
  };
  const nll = (values: readonly tf.Tensor[], ids: tf.Tensor, targets: tf.Tensor): tf.Tensor1D =>
    crossEntropy(logits(spec, named(values), ids as tf.Tensor1D), targets as tf.Tensor1D);
  switch (name) {
    case 'train':
      return {
        inputs: [tokens, tokens, factors, ...parameters],
        fn: (ids, targets, scale, ...values) => {
          // The factors are passed as the upstream gradient; the caller sums the losses in float64.
          const { value, grads } = tf.valueAndGrads((...own: tf.Tensor[]) => nll(own, ids, targets) as tf.Tensor)(
            values,
            scale,
          );
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
        fn: (ids, ...values) => logits(spec, named(values), ids as tf.Tensor1D),
      };
  }
}
