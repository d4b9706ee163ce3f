import * as tf from '@tensorflow/tfjs-core';
import { type Dtype, type Graph, int, sizeOf, type Value } from '../graph.js';
import { expand, kernel } from '../recorder.js';
import { binary, cast, NUMBERS, only, scalarLike, unary, where } from './elementwise.js';
import { matmul } from './matmul.js';
import { pad, reshape, slice } from './shape.js';

/** Bits are equal for any number of threads up to this one. */
const MOST_THREADS = 32;

interface ReduceAttributes {
  axis?: number | number[];
  /** Name of the attribute in the kernel of `max`. */
  reductionIndices?: number | number[];
  keepDims: boolean;
}

/** Shape after a reduction. */
function reducedShape({ shape }: Value, axes: readonly number[], keepDims: boolean): number[] {
  const kept = shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
  return keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
}

/** Merges neighbouring axes that are all reduced or all kept; axes of size 1 are dropped. */
function groupsOf({ shape }: Value, axes: readonly number[]): { size: number; reduced: boolean }[] {
  const groups: { size: number; reduced: boolean }[] = [];
  shape.forEach((size, axis) => {
    const [last, reduced] = [groups.at(-1), axes.includes(axis)];
    if (size === 1) return;
    if (last?.reduced === reduced) last.size *= size;
    else groups.push({ size, reduced });
  });
  return groups;
}

/** Appends the plain operator. */
function node(graph: Graph, op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const attributes = { keepdims: int(Number(keepDims)), noop_with_empty_axes: int(1) };
  const output = { dtype: x.dtype, shape: reducedShape(x, axes, keepDims) };
  return graph.node(op, [x, graph.indices(axes)], output, attributes);
}

/**
 * An ONNX reduction over some axes, in a form whose bits do not depend on the number of threads: if few elements are
 * kept before or between the reduced axes, ONNX Runtime compares their number with the number of threads to choose a
 * summation order.
 */
export function reduce(graph: Graph, op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const groups = groupsOf(x, axes);
  const ordered = x.dtype === 'float32' && (op === 'ReduceSum' || op === 'ReduceMean');
  if (!ordered || groups.length < 2 || groups.length > 3) return node(graph, op, x, axes, keepDims);
  const [first, second, third] = groups.map(({ size }) => size) as [number, number, number | undefined];
  const few = third !== undefined && (groups[1]!.reduced ? first : second) < MOST_THREADS;
  // ONNX Runtime merges neighbouring axes too, but treats an axis of size 1 as kept or reduced.
  if (!few && !x.shape.includes(1)) return node(graph, op, x, axes, keepDims);
  const sizes = groups.map(({ size }) => size);
  const grouped = reshape(graph, x, sizes);
  const result = (value: Value) => reshape(graph, value, reducedShape(x, axes, keepDims));
  if (!few) {
    const reduced = sizes.flatMap((_, axis) => (groups[axis]!.reduced ? [axis] : []));
    return result(node(graph, op, grouped, reduced, false));
  }
  if (!groups[1]!.reduced) return result(node(graph, op, node(graph, op, grouped, [2], false), [0], false));
  const weights = expand(graph, graph.scalar(op === 'ReduceSum' ? 1 : 1 / second), [1, second]);
  return result(matmul(graph, weights, grouped));
}

/** A reduction kernel: its operator, and its result for no elements. */
interface Reduction {
  readonly op: string;
  readonly empty: number;
  /** Type of the computation. Default: the type of the input, int32 for booleans. */
  readonly dtype?: Dtype;
}

const REDUCTIONS: Record<string, Reduction> = {
  [tf.Sum]: { op: 'ReduceSum', empty: 0 },
  // The mean of integers is not an integer.
  [tf.Mean]: { op: 'ReduceMean', empty: 0, dtype: 'float32' },
  [tf.Prod]: { op: 'ReduceProd', empty: 1 },
};

/** Like `reduce`, also for inputs without elements. */
function reduceAny(graph: Graph, { op, empty }: Reduction, x: Value, axes: readonly number[], keep: boolean): Value {
  if (sizeOf(x.shape) > 0) return reduce(graph, op, x, axes, keep);
  return expand(graph, scalarLike(graph, x, empty), reducedShape(x, axes, keep));
}

/** Largest or smallest element; NaN if there is one, which ONNX Runtime's operator ignores. */
function extreme(graph: Graph, op: string, x: Value, axes: readonly number[], keep: boolean): Value {
  if (sizeOf(x.shape) === 0) throw new Error(`tfjs-jit: the ${op === 'ReduceMax' ? 'max' : 'min'} of no elements`);
  const result = reduce(graph, op, x, axes, keep);
  if (x.dtype !== 'float32') return result;
  const nan = cast(graph, unary(graph, 'IsNaN', x, 'bool'), 'float32');
  const some = binary(graph, 'Greater', reduce(graph, 'ReduceMax', nan, axes, keep), graph.scalar(0), 'bool');
  return where(graph, some, graph.scalar(Number.NaN), result);
}

interface ScanAttributes {
  axis: number;
  exclusive: boolean;
  reverse: boolean;
}

/** Running products by doubling: in each round, every element is multiplied by one that is twice as far away. */
function cumulativeProduct(graph: Graph, x: Value, { axis, exclusive, reverse }: ScanAttributes): Value {
  const length = x.shape[axis]!;
  const shifted = (value: Value, by: number) => {
    const begin = value.shape.map((_, i) => (i === axis && reverse ? by : 0));
    const size = value.shape.map((dimension, i) => (i === axis ? dimension - by : dimension));
    const amount: [number, number] = reverse ? [0, by] : [by, 0];
    const paddings = value.shape.map((_, i): [number, number] => (i === axis ? amount : [0, 0]));
    return pad(graph, slice(graph, value, begin, size), paddings, 1);
  };
  let result = exclusive ? shifted(x, 1) : x;
  for (let by = 1; by < length; by *= 2) result = binary(graph, 'Mul', result, shifted(result, by));
  return result;
}

const numeric = (graph: Graph, x: Value) => (x.dtype === 'bool' ? cast(graph, x, 'int32') : x);

/** Registers reductions, running sums and softmax. */
export function registerReduce(): void {
  for (const [name, reduction] of Object.entries(REDUCTIONS)) {
    kernel<ReduceAttributes>(name, ({ graph, inputs: { x }, attrs }) => {
      const numbers = reduction.dtype ? cast(graph, x!, reduction.dtype) : numeric(graph, x!);
      const axes = tf.util.parseAxisParam(attrs.axis as number[], [...x!.shape]);
      return reduceAny(graph, reduction, numbers, axes, attrs.keepDims ?? false);
    });
  }
  for (const [name, op] of [
    [tf.Max, 'ReduceMax'],
    [tf.Min, 'ReduceMin'],
    [tf.Any, 'ReduceMax'],
    [tf.All, 'ReduceMin'],
  ] as const) {
    kernel<ReduceAttributes>(name, ({ graph, inputs: { x }, attrs }) => {
      const axes = tf.util.parseAxisParam((attrs.reductionIndices ?? attrs.axis) as number[], [...x!.shape]);
      return cast(graph, extreme(graph, op, numeric(graph, x!), axes, attrs.keepDims ?? false), x!.dtype);
    });
  }
  for (const name of [tf.ArgMax, tf.ArgMin]) {
    kernel<{ axis: number }>(name, ({ graph, inputs: { x }, attrs }) => {
      const axis = tf.util.parseAxisParam(attrs.axis, [...x!.shape])[0]!;
      const shape = x!.shape.toSpliced(axis, 1);
      const attributes = { axis: int(axis), keepdims: int(0) };
      const index = graph.node(name, [numeric(graph, x!)], { dtype: 'int64', shape }, attributes);
      return cast(graph, index, 'int32');
    });
  }
  kernel<ScanAttributes>(tf.Cumsum, ({ graph, inputs: { x }, attrs }) => {
    const axis = graph.constant('int64', [], BigInt64Array.of(BigInt(attrs.axis)));
    const attributes = { exclusive: int(Number(attrs.exclusive)), reverse: int(Number(attrs.reverse)) };
    const numbers = numeric(graph, x!);
    return graph.node('CumSum', [numbers, axis], numbers, attributes);
  });
  kernel<ScanAttributes>(tf.Cumprod, ({ graph, inputs: { x }, attrs }) => {
    const axis = tf.util.parseAxisParam(attrs.axis, [...x!.shape])[0]!;
    return cumulativeProduct(graph, numeric(graph, x!), { ...attrs, axis });
  });
  kernel<{ dim: number }>(tf.Softmax, ({ graph, inputs: { logits }, attrs }) => {
    only(NUMBERS, logits!);
    const numbers = cast(graph, logits!, 'float32');
    return graph.node('Softmax', [numbers], numbers, { axis: int(attrs.dim) });
  });
  kernel<{ axis: number }>(tf.LogSoftmax, ({ graph, inputs: { logits }, attrs }) =>
    graph.node('LogSoftmax', [logits], logits!, { axis: int(attrs.axis) }),
  );
}
