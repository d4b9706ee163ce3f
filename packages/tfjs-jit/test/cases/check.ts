import fc from 'fast-check';
import { expect } from 'vitest';
import { Compiled, type HostArray, type TensorFunction } from '../../src/index.js';
import { trace } from '../../src/trace.js';
import { type Argument, eager } from '../compare.js';
import type { Case, Sample } from './case.js';
import { everything } from './everything.js';

/** What one graph computes: several samples side by side. */
interface Part {
  readonly name: string;
  readonly fn: TensorFunction;
  readonly args: readonly Argument[];
}

/** One function of all arguments of all parts. */
function together(parts: readonly Part[]): TensorFunction {
  return (...inputs) => {
    const queue = [...inputs];
    return parts.flatMap(({ fn, args }) => fn(...queue.splice(0, args.length)));
  };
}

async function computed(parts: readonly Part[], threads: number): Promise<readonly HostArray[]> {
  const args = parts.flatMap((part) => part.args);
  const compiled = await Compiled.create(together(parts), args, { threads });
  try {
    return await compiled.run(args.map(({ data }) => data));
  } finally {
    await compiled.dispose();
  }
}

/** The place of the first element that is too far from what it should be. */
export function difference(actual: HostArray, expected: HostArray, tolerance = 2e-5): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} elements instead of ${expected.length}`;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    const near = Math.abs(a - b) <= tolerance * (0.1 + Math.abs(b));
    if (!near && a !== b && !(Number.isNaN(a) && Number.isNaN(b))) return `element ${i} is ${a} instead of ${b}`;
  }
  return undefined;
}

export const given = (args: readonly Argument[]) =>
  args.map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`).join(', ');

/** Compiled against TensorFlow.js' cpu backend. */
async function compare(parts: readonly Part[], actual: readonly HostArray[]): Promise<string[]> {
  const queue = [...actual];
  const problems: string[] = [];
  for (const { name, fn, args } of parts) {
    const expected = await eager(fn, args);
    for (const [index, array] of expected.entries()) {
      const problem = difference(queue.shift()!, array);
      if (problem) problems.push(`${name} of ${given(args)}: result ${index}: ${problem}`);
    }
  }
  return problems;
}

/** Names of the parts whose results are not the same to the bit. */
function changed(parts: readonly Part[], before: readonly HostArray[], after: readonly HostArray[]): string[] {
  const queues = [[...before], [...after]];
  return parts.flatMap(({ name, fn, args }) => {
    const count = trace(fn, args).outputs.length;
    const [a, b] = queues.map((queue) => queue.splice(0, count).map((array) => Buffer.from(array.buffer.slice())));
    return a!.every((bytes, index) => bytes.equals(b![index]!)) ? [] : [`${name} of ${given(args)}`];
  });
}

/** All random calls of the cases, side by side. */
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

/**
 * Fails unless every case gives what TensorFlow.js' cpu backend gives, for `numRuns` draws of all of them, and the
 * same bits with one thread and with three.
 */
export async function check(cases: readonly Case[], numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(samples(cases), async (parts) => {
      const one = await computed(parts, 1);
      expect(await compare(parts, one)).toEqual([]);
      expect(changed(parts, one, await computed(parts, 3)), 'with three threads').toEqual([]);
    }),
    {
      ...{ seed: 1, numRuns },
      // To shrink would be to compile hundreds of times, and the problem itself names the call.
      endOnFailure: true,
      reporter: ({ errorInstance }) => {
        if (errorInstance) throw errorInstance as Error;
      },
    },
  );
}
