import { headSize, type ModelSpec } from '@branchline/model';
import { type ArraySpec, rotary } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Attention,
  hiddenStates,
  namedWeights,
  outputLogits,
  type Program,
  parameterInputs,
  rotaryTables,
} from './decoder.js';

/** Added to scores of rows that a query does not see: their probability becomes exactly 0. */
const MASKED = -1e9;

/** Shape of the cached keys, or values, of a layer. */
export const cacheShape = (spec: ModelSpec): readonly number[] => [spec.kvHeads, spec.context, headSize(spec)];

/**
 * Continues one sequence by `rows` tokens, from the keys and values of the tokens before them: from tokens `[rows]`,
 * the position of the first `[1]`, and the keys and values of each layer (`cacheShape`, in turn) to the logits of the
 * token after the last, and the keys and values of the new rows, `[kvHeads, rows, size]`. Cached rows from the position
 * on are not seen; they must be finite. `position + rows` is at most `context`.
 */
export function continueProgram(spec: ModelSpec, rows: number): Program {
  const { layers, context, width, heads, kvHeads } = spec;
  const size = headSize(spec);
  const cached = Array.from({ length: 2 * layers }, (): ArraySpec => ({ dtype: 'float32', shape: cacheShape(spec) }));
  const split = (x: tf.Tensor2D, count: number): tf.Tensor3D =>
    tf.transpose(tf.reshape(x, [rows, count, size]), [1, 0, 2]);
  return {
    inputs: [{ dtype: 'int32', shape: [rows] }, { dtype: 'int32', shape: [1] }, ...cached, ...parameterInputs(spec)],
    fn: (tokens, position, ...arrays) => {
      const weights = namedWeights(spec, arrays.slice(2 * layers));
      const tables = rotaryTables(spec);
      const positions = tf.add(position, tf.range(0, rows, 1, 'int32'));
      const [cos, sin] = [tf.gather(tables.cos, positions), tf.gather(tables.sin, positions)];
      const turn = (x: tf.Tensor3D): tf.Tensor3D =>
        tf.reshape(rotary(tf.expandDims<tf.Tensor4D>(x), cos, sin), x.shape);
      const mask = visible(position as tf.Tensor1D, rows, context);
      const added: tf.Tensor[] = [];
      const attend: Attention = (layer, q, k, v) => {
        const [newKeys, newValues] = [turn(split(k, kvHeads)), split(v, kvHeads)];
        added.push(newKeys, newValues);
        const keys = tf.concat([arrays[2 * layer] as tf.Tensor3D, newKeys], 1);
        const values = tf.concat([arrays[2 * layer + 1] as tf.Tensor3D, newValues], 1);
        // The queries of a group are stacked, as in `causalAttention`.
        const grouped = tf.reshape(turn(split(q, heads)), [kvHeads, (heads / kvHeads) * rows, size]);
        const scores = tf.mul(
          tf.matMul(grouped, keys, false, true),
          (spec.multipliers?.attention ?? 1) / Math.sqrt(size),
        );
        const masked = tf.add(tf.reshape(scores, [heads, rows, context + rows]), mask);
        const shares = tf.reshape(tf.softmax(masked), [kvHeads, (heads / kvHeads) * rows, context + rows]);
        const attended = tf.reshape(tf.matMul(shares, values), [heads, rows, size]);
        return tf.reshape(tf.transpose(attended, [1, 0, 2]), [rows, width]);
      };
      const hidden = hiddenStates(spec, weights, tokens as tf.Tensor1D, attend);
      const last = tf.slice(hidden, [rows - 1, 0], [1, width]);
      return [outputLogits(spec, weights, last), ...added];
    },
  };
}

/** `[rows, context + rows]`: 0 for the cached rows before the position and the new ones up to the query's. */
function visible(position: tf.Tensor1D, rows: number, context: number): tf.Tensor2D {
  const behind = tf.cast(tf.greaterEqual(tf.range(0, context, 1, 'int32'), position), 'float32');
  const causal = Float32Array.from({ length: rows * rows }, (_, i) => (i % rows > Math.floor(i / rows) ? MASKED : 0));
  return tf.concat(
    [tf.tile(tf.reshape(tf.mul(behind, MASKED), [1, context]), [rows, 1]), tf.tensor2d(causal, [rows, rows])],
    1,
  );
}
