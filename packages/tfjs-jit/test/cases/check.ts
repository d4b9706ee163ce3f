import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type HostArray, type Model, type TensorFunction, traceModel } from '../../src/index.js';
import { Session } from '../../src/session.js';
import { type Argument, eager } from '../compare.js';
import type { Case, Sample } from './case.js';
import { everything } from './everything.js';

/** Content of one graph: several samples. */
interface Part {
  readonly name: string;
  readonly fn: TensorFunction;
  readonly args: readonly Argument[];
}

/** Combines all parts into one function of all their arguments. */
function together(parts: readonly Part[]): TensorFunction {
  return (...inputs) => {
    const queue = [...inputs];
    return parts.flatMap(({ fn, args }) => fn(...queue.splice(0, args.length)));
  };
}

/** Results of the compiled parts; `counts` are their numbers of results. */
async function computed(model: Model, parts: readonly Part[], counts: readonly number[], threads: number) {
  const session = await Session.create(model, { threads });
  const results = model.outputs.map(({ dtype, shape }): HostArray => {
    const size = tf.util.sizeFromShape([...shape]);
    if (dtype === 'float32') return new Float32Array(size);
    return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
  });
  try {
    await session.run(
      parts.flatMap(({ args }) => args.map(({ data }) => data)),
      results,
    );
  } finally {
    await session.dispose();
  }
  return counts.map((count) => results.splice(0, count));
}

/** Index of the first element that is too far from the expected one. */
export function difference(actual: HostArray, expected: HostArray, tolerance = 2e-5): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    const near = Math.abs(a - b) <= tolerance * (0.1 + Math.abs(b));
    if (!near && a !== b && !(Number.isNaN(a) && Number.isNaN(b))) return `element ${i} is ${a} instead of ${b}`;
  }
  return undefined;
}

/** Types and shapes of arguments, for messages. */
export const given = (args: readonly Argument[]) =>
  args.map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`).join(', ');

const bytesOf = ({ buffer, byteOffset, byteLength }: HostArray) => Buffer.from(buffer, byteOffset, byteLength);

/** Random calls of all cases. */
function samples(cases: readonly Case[]): fc.Arbitrary<Part[]> {
  const parts = cases.flatMap(({ call, values, slopes }) => {
    const part = (kind: string, sample: Sample): Part => ({
      name: `tf.${call}${kind}`,
      fn: everything(sample, kind !== ''),
      args: sample.args,
    });
    return [
      ...(values ? [values.map((sample) => part('', sample))] : []),
      ...(slopes ? [slopes.map((sample) => part(' with its gradients', sample))] : []),
    ];
  });
  return fc.tuple(...parts);
}

/** Fails unless the parts agree with TensorFlow.js's cpu backend and have the same bits with one and three threads. */
async function compare(parts: readonly Part[]): Promise<void> {
  const expected: HostArray[][] = [];
  for (const { fn, args } of parts) expected.push(await eager(fn, args));
  const counts = expected.map(({ length }) => length);
  const model = traceModel(
    together(parts),
    parts.flatMap(({ args }) => args),
  );
  const one = await computed(model, parts, counts, 1);
  const three = await computed(model, parts, counts, 3);
  const problems = parts.flatMap(({ name, args }, part) =>
    expected[part]!.flatMap((array, index) => {
      const actual = one[part]![index]!;
      const same = bytesOf(actual).equals(bytesOf(three[part]![index]!));
      const problem = same ? difference(actual, array) : 'three threads give other bits';
      return problem ? [`${name} of ${given(args)}: result ${index}: ${problem}`] : [];
    }),
  );
  expect(problems).toEqual([]);
}

/** Compares random calls of all cases, `numRuns` times, each time with all of them in one graph. */
export async function check(cases: readonly Case[], numRuns: number): Promise<void> {
  await fc.assert(fc.asyncProperty(samples(cases), compare), {
    ...{ seed: 1, numRuns },
    // No shrinking: it would compile hundreds of times, and the message names the call.
    endOnFailure: true,
    reporter: ({ errorInstance }) => {
      if (errorInstance) throw errorInstance as Error;
    },
  });
}
