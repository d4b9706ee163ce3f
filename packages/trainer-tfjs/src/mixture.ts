/** Mixture-of-experts layers: routing, the sum of the experts of a token, and the load-balancing loss. */
import type { Experts, ModelSpec } from '@branchline/model';
import { swiGlu } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';

/** Added to logits of experts that a token does not use: their weight becomes exactly 0. */
const MASKED = -1e9;

/** `x @ W^T`. */
const project = (x: tf.Tensor2D, weight: tf.Tensor): tf.Tensor2D => tf.matMul(x, weight, false, true);

/** Called with the router's logits of each layer, `[tokens, count]`. */
export type OnRouting = (logits: tf.Tensor2D) => void;

/**
 * The output of a layer (`expertsSchema` says of what), `[tokens, width]`, for any tokens: none is dropped.
 *
 * Shapes of a program are fixed, and how many tokens an expert gets is not: each expert computes all tokens, and those
 * that do not use it get the weight 0. The result and its gradient are those of sparse routing.
 *
 * @param own finds a parameter of the layer
 */
export function mixture(
  { experts }: ModelSpec & { readonly experts: Experts },
  own: (name: string) => tf.Tensor,
  x: tf.Tensor2D,
  onRouting: OnRouting = () => undefined,
): tf.Tensor2D {
  const logits = project(x, own('block_sparse_moe.gate'));
  onRouting(logits);
  const gates = gatesOf(logits, experts);
  const outputs = Array.from({ length: experts.count }, (_, expert) => {
    const weight = (name: string) => own(`block_sparse_moe.experts.${expert}.${name}`);
    const inner = swiGlu(project(x, weight('w1')), project(x, weight('w3')));
    return project(tf.mul(inner, tf.slice(gates, [0, expert], [-1, 1])), weight('w2'));
  });
  return outputs.reduce((sum, output) => tf.add(sum, output));
}

/** `[tokens, count]`: 1 for the experts that a token uses, else 0. Of equal logits, that of the first expert counts. */
export function usedExperts(logits: tf.Tensor2D, { count, active }: Experts): tf.Tensor2D {
  const { indices } = tf.topk(logits, active);
  // Converted from integers, as in `oneHot` of tfjs-jit.
  const hot = tf.cast(tf.oneHot(tf.reshape<tf.Rank.R1>(indices, [-1]), count), 'float32');
  return tf.sum(tf.reshape(hot, [-1, active, count]), 1);
}

/** The weights of each token's experts, `[tokens, count]`: a softmax over those that it uses. */
export function gatesOf(logits: tf.Tensor2D, experts: Experts): tf.Tensor2D {
  const op = tf.customGrad((input, save) => {
    const own = input as tf.Tensor2D;
    const gates = tf.softmax(tf.add(own, tf.mul(tf.sub(1, usedExperts(own, experts)), MASKED)));
    (save as tf.GradSaveFunc)([gates]);
    const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) => {
      const along = tf.sum(tf.mul(dy, saved!), -1, true);
      return tf.mul(saved!, tf.sub(dy, along));
    };
    return { value: gates, gradFunc };
  });
  return op(logits) as tf.Tensor2D;
}

/**
 * The load-balancing loss of whole sequences of `context` tokens in one layer, with its weight, as a part for each
 * token: their mean over the tokens of a sequence is `balance` times `balanceOf` of the reference.
 *
 * @returns `[tokens]`
 */
export function balanceLoss(logits: tf.Tensor2D, experts: Experts, context: number): tf.Tensor1D {
  const { count, active, balance } = experts;
  const op = tf.customGrad((input, save) => {
    const own = input as tf.Tensor2D;
    const shares = tf.softmax(own);
    const bySequence = tf.reshape(usedExperts(own, experts), [-1, context, count]);
    const uses = tf.mul(tf.sum(bySequence, 1, true), (balance * count) / (active * context));
    const factors = tf.reshape(tf.mul(uses, tf.onesLike(bySequence)), own.shape);
    const parts = tf.mul(shares, factors);
    const value = tf.sum(parts, 1);
    (save as tf.GradSaveFunc)([shares, parts, value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [share, part, total] = saved as [tf.Tensor, tf.Tensor, tf.Tensor1D];
      // A sequence is balanced as a whole, by its part of the loss, whichever of its tokens are scored.
      const tokens = tf.reshape(dy, [-1, context]);
      const weights = tf.mul(tf.mean(tokens, 1, true), tf.onesLike(tokens));
      const slope = tf.sub(part, tf.mul(share, tf.expandDims(total, 1)));
      return tf.mul(slope, tf.reshape(weights, [-1, 1]));
    };
    return { value, gradFunc };
  });
  return op(logits) as tf.Tensor1D;
}

/** `value` itself, with the gradient of `value + more`. */
export function withGradientOf(value: tf.Tensor1D, more: tf.Tensor1D): tf.Tensor1D {
  const op = tf.customGrad((own, _more, save) => {
    (save as tf.GradSaveFunc)([]);
    return { value: tf.clone(own as tf.Tensor), gradFunc: (dy: tf.Tensor) => [dy, dy] };
  });
  return op(value, more) as tf.Tensor1D;
}
