import * as tf from '@tensorflow/tfjs-core';

/** Added to scores of later positions: their probability becomes exactly 0. */
const MASKED = -1e9;

/** `[positions, positions]`: 0 at and before the position of the query, else a large negative number. */
function causalMask(positions: number): tf.Tensor2D {
  const mask = new Float32Array(positions * positions);
  for (let query = 0; query < positions; query++) {
    mask.fill(MASKED, query * positions + query + 1, (query + 1) * positions);
  }
  return tf.tensor2d(mask, [positions, positions]);
}

/**
 * Causal scaled dot-product attention. With fewer key and value heads than query heads, `heads / kvHeads` neighbouring
 * query heads share one of them (grouped-query attention, Ainslie et al., 2023).
 *
 * The gradient is explicit, so that of the attention matrices only the probabilities are kept, and row sums are
 * computed from the much smaller output, as in FlashAttention (Dao et al., 2022, appendix B).
 *
 * @param q `[batch, heads, positions, size]`
 * @param k `[batch, kvHeads, positions, size]`
 * @param v like `k`
 * @param factor of the scores, on top of `1 / sqrt(size)`
 * @returns like `q`
 */
export function causalAttention(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, factor = 1): tf.Tensor4D {
  const [batch, heads, positions, size] = q.shape;
  const kvHeads = k.shape[1];
  const scale = factor / Math.sqrt(size);
  // Stack the queries of a group, to multiply them by the keys that they share.
  const grouped = [batch, kvHeads, (heads / kvHeads) * positions];
  const group = (x: tf.Tensor, last: number) => tf.reshape(x, [...grouped, last]);
  const op = tf.customGrad((query, key, value, save) => {
    const [own, keys, values] = [group(query as tf.Tensor, size), key as tf.Tensor, value as tf.Tensor];
    const scores = tf.mul(tf.matMul(own, keys, false, true), scale);
    const masked = tf.add(tf.reshape(scores, [batch, heads, positions, positions]), causalMask(positions));
    const shares = group(tf.softmax(masked), positions);
    const output = tf.matMul(shares, values);
    (save as tf.GradSaveFunc)([own, keys, values, shares, output]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [ownQ, ownK, ownV, share, out] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const dOut = group(dy, size);
      const dShare = tf.matMul(dOut, ownV, false, true);
      const along = tf.sum(tf.mul(dOut, out), -1, true);
      const dScore = tf.mul(share, tf.sub(dShare, along));
      return [
        tf.reshape(tf.mul(tf.matMul(dScore, ownK), scale), q.shape),
        tf.mul(tf.matMul(dScore, ownQ, true, false), scale),
        tf.matMul(share, dOut, true, false),
      ];
    };
    return { value: tf.reshape(output, q.shape), gradFunc };
  });
  return op(q, k, v) as tf.Tensor4D;
}
