import type * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { type Argument, floats, integers, withGradients } from '../test/compare.js';
import { Graph, type Node } from './graph.js';
import { lowerForWebGpu } from './lower.js';
import { encodeModel } from './onnx.js';
import { causalAttention } from './ops/attention.js';
import { crossEntropy } from './ops/cross-entropy.js';
import { rmsNorm } from './ops/rms-norm.js';
import { type TensorFunction, trace } from './trace.js';

/** Results of a graph on the CPU provider, which has every operator. */
async function compute(graph: Graph, args: readonly Argument[]): Promise<Float32Array[]> {
  const session = await InferenceSession.create(encodeModel(graph));
  const feeds = args.map(({ dtype, shape, data }, index) => [
    `input${index}`,
    new Tensor(dtype as 'float32', data as Float32Array, shape),
  ]);
  const found = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
  await session.release();
  return graph.outputs.map((_, index) => found[`output${index}`]!.data as Float32Array);
}

const operators = (graph: Graph) => new Set(graph.nodes.map(({ op }) => op));

const cases: [string, TensorFunction, () => Argument[], string[]][] = [
  [
    'norms with gradients',
    withGradients((x, gain) => rmsNorm(x, gain as tf.Tensor1D, 1e-3), 2),
    () => [floats([5, 24]), floats([24], 0.5, 1)],
    ['SimplifiedLayerNormalization'],
  ],
  [
    'attention with gradients',
    withGradients((q, k, v) => causalAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D), 3),
    () => [floats([2, 6, 5, 4]), floats([2, 2, 5, 4]), floats([2, 2, 5, 4])],
    ['FusedMatMul'],
  ],
  [
    'cross-entropy with gradients',
    withGradients((logits, targets) => crossEntropy(logits as tf.Tensor2D, targets as tf.Tensor1D), 1),
    () => [floats([6, 11], 3), integers([6], 11)],
    ['LogSoftmax'],
  ],
];

describe('lowerForWebGpu', () => {
  it.each(cases)('computes the same in operators that WebGPU has: %s', async (_name, fn, make, gone) => {
    const args = make();
    const graph = trace(fn, args);
    const lowered = lowerForWebGpu(graph);
    for (const op of gone) {
      expect(operators(graph)).toContain(op);
      expect(operators(lowered)).not.toContain(op);
    }
    const [expected, actual] = [await compute(graph, args), await compute(lowered, args)];
    for (const [index, array] of expected.entries()) {
      for (const [i, value] of array.entries()) expect(actual[index]![i]).toBeCloseTo(value, 4);
    }
  });

  it('keeps a norm whose second output is not used', () => {
    const graph = trace((x, gain) => rmsNorm(x, gain as tf.Tensor1D, 1e-3), [floats([5, 24]), floats([24])]);
    expect(operators(lowerForWebGpu(graph))).toContain('SimplifiedLayerNormalization');
  });

  it('keeps other operators, with all attributes', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('float32', [2, 3, 4]), graph.input('float32', [2, 3, 4])];
    const attributes = { transA: { kind: 'int', value: 0 }, transBatchA: { kind: 'int', value: 1 } } as const;
    const type = { dtype: 'float32', shape: [3, 2, 4] } as const;
    graph.outputs = [graph.node('FusedMatMul', [a, b], type, attributes, 'com.microsoft')];
    const [node] = lowerForWebGpu(graph).nodes as [Node];
    expect([node.op, node.domain, node.attributes]).toEqual(['FusedMatMul', 'com.microsoft', attributes]);
  });
});
