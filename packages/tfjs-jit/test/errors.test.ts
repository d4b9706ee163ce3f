import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { callSite } from '../src/call-site.js';
import { type ArraySpec, causalAttention, type TensorFunction } from '../src/index.js';
import { coveredKernels } from '../src/recorder.js';
import { trace } from '../src/trace.js';

const float = (...shape: number[]): ArraySpec => ({ dtype: 'float32', shape });
const whole = (...shape: number[]): ArraySpec => ({ dtype: 'int32', shape });

/** Message of the error when the function is traced. */
function complaint(fn: TensorFunction, ...inputs: ArraySpec[]): string {
  try {
    trace(fn, inputs);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the function was traced');
}

function myModel(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => distinct(tf.exp(x)));
}

function distinct(x: tf.Tensor): tf.Tensor {
  return tf.unique(x).values;
}

describe('an operation that is not covered', () => {
  it('is named with its inputs, the called function, and the caller', () => {
    expect(complaint((x) => myModel(x), float(2, 3))).toMatch(
      /^tfjs-jit: kernel Unique\(x: float32 \[2, 3\]\) is not covered, from tf\.unique, called at distinct \(\S*errors\.test\.ts:\d+:\d+\)$/,
    );
  });

  it("is named with the user's call, if TensorFlow.js calls it indirectly", () => {
    const message = complaint((x) => tf.multinomial(x as tf.Tensor1D, 3), float(4));
    expect(message).toContain(
      'kernel Multinomial(logits: float32 [1, 4]) is not covered, from tf.multinomial, called at',
    );
    expect(message).toMatch(/errors\.test\.ts:\d+:\d+/);
  });

  it('is named inside a differentiated function', () => {
    const message = complaint((x) => tf.grad((own) => tf.sum(distinct(own)))(x), float(4));
    expect(message).toContain('kernel Unique(x: float32 [4]) is not covered, from tf.unique, called at distinct');
  });

  it('is named if it is unknown to TensorFlow.js', () => {
    const message = complaint((x) => tf.engine().runKernel<tf.Tensor>('Mine', { x: x }), float(4));
    expect(message).toMatch(/^tfjs-jit: kernel Mine is not covered, called at /);
  });

  it('can be any kernel of TensorFlow.js', () => {
    const names = Object.entries(tf).filter(([key, name]) => key === name);
    expect(names.length).toBeGreaterThan(coveredKernels().size);
    const others = names.map(([name]) => name).filter((name) => !coveredKernels().has(name));
    for (const name of others) {
      const message = complaint((x) => tf.engine().runKernel<tf.Tensor>(name, { x: x }), float(1, 2));
      expect(message).toMatch(`tfjs-jit: kernel ${name}(x: float32 [1, 2]) is not covered, called at `);
    }
  });
});

describe('unsupported attributes of a covered kernel', () => {
  it.each<[string, TensorFunction, ArraySpec[], string]>([
    [
      'a type',
      (a, b) => tf.matMul(a, b),
      [whole(2, 2), whole(2, 2)],
      'matMul of int32 and int32 is not covered; cast to float32; in kernel BatchMatMul(a: int32 [2, 2], b: int32 [2, 2]), from tf.matMul',
    ],
    [
      'truth values as numbers',
      (a) => tf.add(a, a),
      [{ dtype: 'bool', shape: [2] }],
      'bool is not covered here, only float32 and int32; cast first; in kernel Add(a: bool [2], b: bool [2]), from tf.add',
    ],
    [
      'a layout',
      (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NCHW'),
      [float(1, 3, 8, 8), float(3, 3, 3, 4)],
      'dataFormat NCHW is not covered, only NHWC; in kernel Conv2D(x: float32 [1, 3, 8, 8], filter: float32 [3, 3, 3, 4]), from tf.conv2d',
    ],
    [
      'complex numbers',
      (a) => tf.real(tf.complex(a, a)),
      [float(2)],
      'kernel Complex(real: float32 [2], imag: float32 [2]) is not covered, from tf.complex',
    ],
    [
      'the largest of nothing',
      (x) => tf.max(x, 1),
      [float(2, 0)],
      'the max of no elements; in kernel Max(x: float32 [2, 0]), from tf.max',
    ],
    ['strings', () => tf.tensor1d(['a', 'b']), [], 'tensors of type string cannot be traced, called at'],
  ])('reports %s', (_what, fn, inputs, expected) => {
    const message = complaint(fn, ...inputs);
    expect(message).toContain(`tfjs-jit: ${expected}`);
    expect(message).toMatch(/called at .*errors\.test\.ts:\d+:\d+/);
  });

  it('are reported with the called operator for decoders', () => {
    const unfit = (q?: tf.Tensor) => causalAttention(q as tf.Tensor4D, q as tf.Tensor4D, q as tf.Tensor4D);
    expect(complaint(unfit, whole(1, 2, 3, 4))).toMatch(/from causalAttention, called at unfit \(/);
  });
});

describe('results and tensors of a function', () => {
  it.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'it returned undefined'],
    ['a number', () => 3, 'it returned number'],
    ['null', () => null, 'it returned null'],
    ['an object', () => ({ loss: tf.scalar(1) }), 'it returned object'],
    ['a list in a list', () => [tf.scalar(1), [tf.scalar(2)]], 'it returned a list in a list at place 1'],
    [
      'a promise',
      () => Promise.reject(new Error('late')),
      'it returned a promise: a traced function cannot be asynchronous',
    ],
  ])('is refused: %s', (_what, fn, expected) => {
    expect(complaint(fn as TensorFunction, float(2))).toContain(`a tensor or a flat list of tensors; ${expected}`);
  });

  it('cannot be a variable made inside, which is disposed of', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    const makes = (x?: tf.Tensor) => tf.mul(x!, tf.variable(tf.ones([3]), true, 'made inside'));
    for (let i = 0; i < 2; i++)
      expect(complaint(makes, float(3))).toContain('the function makes the variable made inside;');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('cannot be a disposed tensor', () => {
    const disposes = (x?: tf.Tensor) => {
      const y = tf.exp(x!);
      y.dispose();
      return [x!, y];
    };
    expect(complaint(disposes, float(3))).toContain(
      'the function returns a tensor that has been disposed of, at place 1',
    );
  });

  it('cannot be a tensor from outside, and the message says where it is used', async () => {
    await tf.setBackend('cpu');
    const weights = tf.variable(tf.ones([3]));
    expect(complaint((x) => tf.mul(x, weights), float(3))).toMatch(
      /^tfjs-jit: the function uses a tensor of shape \[3\] that was made outside of it; .*, from tf\.mul, called at .*errors\.test\.ts/,
    );
    expect(complaint(() => weights, float(3))).toContain('that was made outside of it');
    weights.dispose();
  });

  it.each<[string, unknown]>([
    ['a type that TensorFlow.js does not have', { dtype: 'float64', shape: [2] }],
    ['a negative size', { dtype: 'float32', shape: [-1] }],
    ['a size that is no integer', { dtype: 'float32', shape: [1.5] }],
    ['no shape', { dtype: 'float32' }],
    ['nothing', undefined],
  ])('may be no input with %s', (_what, spec) => {
    expect(() => trace((x) => x, [float(2), spec as ArraySpec])).toThrow('tfjs-jit: input 1 must have a dtype');
  });
});

describe('callSite', () => {
  it('parses all forms of frames, and skips TensorFlow.js with and without source maps', () => {
    const own = new URL('../src/trace.ts', import.meta.url).pathname;
    const stack = [
      'Error: message (with: colons:1:2)',
      '    at add_ (/a/node_modules/@tensorflow/tfjs-core/dist/tf-core.node.js:10:5)',
      '    at Module.fft__op (/a/tfjs-core/src/ops/operation.ts:51:28)',
      '    at async Object.build [as model] (file:///a/my%20model.ts:12:8)',
      '    at /a/anonymous.js:1:2',
      `    at record (${own}:1:1)`,
      '    at outermost (/a/asked.ts:1:1)',
    ];
    expect(callSite(stack.join('\n'))).toEqual({
      called: 'tf.fft',
      caller: 'Object.build [as model] (/a/my model.ts:12:8)',
    });
    expect(callSite(stack.toSpliced(3, 1).join('\n'))).toEqual({ called: 'tf.fft', caller: '/a/anonymous.js:1:2' });
    expect(callSite('no frames at all')).toEqual({});
  });
});
