import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { expect, inject, it } from 'vitest';
import type { HostArray, TensorFunction } from '../src/index.js';
import { modelOf } from '../src/onnx.js';
import { Session } from '../src/session.js';
import { record, trace } from '../src/trace.js';
import { eager, expectNear } from './compare.js';
import { type Argument, numbers } from './numbers.js';

/** One operation of a random function, on two earlier values and a number. */
interface Step {
  readonly op: number;
  readonly a: number;
  readonly b: number;
  readonly n: number;
}

const ROWS = 4;
const COLUMNS = 6;

/** Operations that keep the shape `[ROWS, COLUMNS]`, with detours that the optimizer shortens. */
const OPERATIONS: readonly ((a: tf.Tensor, b: tf.Tensor, n: number) => tf.Tensor)[] = [
  (a, b) => tf.add(a, b),
  (a, b) => tf.sub(a, b),
  (a, b) => tf.mul(a, b),
  (a, _b, n) => tf.mul(a, n % 3),
  (a, _b, n) => tf.add((n % 3) - 1, a),
  (a, _b, n) => tf.div(a, (n % 3) + 1),
  (a, _b, n) => tf.sub(a, n % 2),
  (a) => tf.neg(a),
  (a) => tf.tanh(a),
  (a, _b, n) => tf.add(a, tf.fill([ROWS, COLUMNS], n % 2)),
  (a, b) => tf.mul(tf.sum(a, 1, true), b),
  (a, b) => tf.add(tf.mean(a, 0), b),
  (a, b) => tf.sub(tf.max(a), b),
  (a) => tf.transpose(tf.tanh(tf.transpose(a))),
  (a) => tf.reshape(tf.reshape(a, [ROWS * COLUMNS]), [ROWS, COLUMNS]),
  (a) => tf.transpose(tf.reshape(tf.transpose(a), [COLUMNS, ROWS])),
  (a, b) => tf.tanh(tf.matMul(tf.matMul(a, b, false, true), b)),
  (a, b) => tf.tanh(tf.matMul(b, tf.matMul(a, b, true), false, true)),
  (a, b, n) => tf.tanh(tf.add(tf.mul(tf.matMul(tf.matMul(a, b, false, true), a), (n % 3) + 0.5), b)),
  (a, b) => tf.concat([tf.slice(a, [0, 0], [2, COLUMNS]), tf.slice(b, [2, 0], [2, COLUMNS])], 0),
  (a, b) => tf.add(...(tf.split(tf.concat([a, b], 1), 2, 1) as [tf.Tensor, tf.Tensor])),
  (a, b) => tf.where(tf.greaterEqual(a, b), a, b),
  (a) => tf.mul(tf.cast(tf.cast(a, 'float32'), 'float32'), tf.onesLike(a)),
  (a, _b, n) => tf.gather(a, tf.tensor1d([n % ROWS, 0, 3, 1], 'int32')),
  (a) => tf.softmax(a),
  (a, b) => tf.minimum(tf.maximum(a, -1), tf.abs(b)),
];

/** The function of two arguments with these steps, and its gradients in both. */
function program(steps: readonly Step[], outputs: readonly number[]): TensorFunction {
  const run = (x: tf.Tensor, y: tf.Tensor) => {
    const values = [x, y];
    for (const { op, a, b, n } of steps) {
      const [first, second] = [values[a % values.length]!, values[b % values.length]!];
      values.push(OPERATIONS[op % OPERATIONS.length]!(first, second, n));
    }
    return [values.at(-1)!, ...outputs.map((index) => values[index % values.length]!)];
  };
  return (x, y) => {
    const loss = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.tanh(tf.addN([a, b, ...run(a, b)])));
    const both = loss;
    return [...run(x, y), ...tf.grads(both)([x, y])];
  };
}

async function computed(graph: ReturnType<typeof trace>, args: readonly Argument[]): Promise<HostArray[]> {
  const session = await Session.create(modelOf(graph), { threads: 1 });
  const results = graph.outputs.map(({ shape }) => new Float32Array(tf.util.sizeFromShape([...shape])));
  await session.run(
    args.map(({ data }) => data),
    results,
  );
  await session.dispose();
  return results;
}

const step: fc.Arbitrary<Step> = fc.record({ op: fc.nat(999), a: fc.nat(999), b: fc.nat(999), n: fc.nat(5) });

it('optimization does not change random functions and their gradients', async () => {
  const programs = fc.tuple(fc.array(step, { minLength: 1, maxLength: 14 }), fc.array(fc.nat(20), { maxLength: 2 }));
  await fc.assert(
    fc.asyncProperty(programs, fc.integer({ min: 1, max: 1000 }), async ([steps, outputs], seed) => {
      const fn = program(steps, outputs);
      const args = [seed, seed + 1].map((own): Argument => {
        return { dtype: 'float32', shape: [ROWS, COLUMNS], data: numbers(ROWS * COLUMNS, own) };
      });
      const expected = await eager(fn, args);
      const graphs = [record(fn, args), trace(fn, args)] as const;
      for (const graph of graphs) {
        const actual = await computed(graph, args);
        expected.forEach((array, index) => {
          expectNear(actual[index]!, array, 1e-3, `result ${index}`);
        });
      }
      expect(graphs[1].nodes.length).toBeLessThanOrEqual(graphs[0].nodes.length);
    }),
    { seed: 1, numRuns: inject('full') ? 100 : 30 },
  );
});
