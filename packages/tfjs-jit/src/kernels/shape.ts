import * as tf from '@tensorflow/tfjs-core';
import { type Dtype, type Elements, type Graph, int, ints, sizeOf, toElements, type Value } from '../graph.js';
import { expand, kernel } from '../recorder.js';

/** `value` in another shape, in which one axis can be -1. */
export function reshape(graph: Graph, value: Value, implicit: readonly number[]): Value {
  const shape = tf.util.inferFromImplicitShape([...implicit], sizeOf(value.shape));
  return graph.node('Reshape', [value, graph.indices(shape)], { dtype: value.dtype, shape });
}

/** Elements `begin <= i < begin + size` of each axis. */
export function slice(graph: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  const ends = begin.map((start, axis) => start + size[axis]!);
  const axes = begin.map((_, axis) => axis);
  const bounds = [begin, ends, axes].map((values) => graph.indices(values));
  return graph.node('Slice', [x, ...bounds], { dtype: x.dtype, shape: size });
}

/** `x` with elements of value `fill` added before and after each axis. */
export function pad(graph: Graph, x: Value, paddings: readonly (readonly [number, number])[], fill = 0): Value {
  const shape = x.shape.map((dimension, axis) => dimension + paddings[axis]![0] + paddings[axis]![1]);
  const amounts = graph.indices([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]);
  const value = graph.constant(x.dtype, [], toElements([fill], x.dtype as tf.DataType));
  return graph.node('Pad', [x, amounts, value], { dtype: x.dtype, shape });
}

/** The values concatenated along an axis. */
export function concat(graph: Graph, values: readonly Value[], axis: number): Value {
  const shape = [...values[0]!.shape];
  shape[axis] = values.reduce((sum, value) => sum + value.shape[axis]!, 0);
  return graph.node('Concat', values, { dtype: values[0]!.dtype, shape }, { axis: int(axis) });
}

function split(graph: Graph, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  const outputs = sizes.map((size) => ({
    dtype: x.dtype,
    shape: x.shape.map((dimension, i) => (i === axis ? size : dimension)),
  }));
  return graph.nodeWithOutputs('Split', [x, graph.indices(sizes)], outputs, { axis: int(axis) });
}

function constantOf(graph: Graph, value: number, shape: readonly number[], dtype: Dtype): Value {
  const elements: Elements = toElements([value], dtype as tf.DataType);
  return expand(graph, graph.constant(dtype, [], elements), shape);
}

/** Steps are summed in the type of the result, as in TensorFlow.js. */
function counted(graph: Graph, dtype: 'float32' | 'int32', start: number, step: number, length: number): Value {
  const values = dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = i === 0 ? start : values[i - 1]! + step;
  return graph.constant(dtype, [length], values);
}

/** Registers kernels that move elements. */
export function registerShape(): void {
  kernel<{ shape: number[] }>(tf.Reshape, ({ graph, inputs, attrs }) => reshape(graph, inputs.x!, attrs.shape));
  kernel<{ dim: number }>(tf.ExpandDims, ({ graph, inputs: { input }, attrs }) => {
    const shape = [...input!.shape];
    shape.splice(attrs.dim < 0 ? shape.length + 1 + attrs.dim : attrs.dim, 0, 1);
    return reshape(graph, input!, shape);
  });
  kernel<{ perm: number[] }>(tf.Transpose, ({ graph, inputs: { x }, attrs: { perm } }) =>
    graph.node('Transpose', [x], { dtype: x!.dtype, shape: perm.map((axis) => x!.shape[axis]!) }, { perm: ints(perm) }),
  );
  kernel<{ axis: number }>(tf.Concat, ({ graph, list, attrs }) =>
    concat(graph, list, tf.util.parseAxisParam(attrs.axis, [...list[0]!.shape])[0]!),
  );
  kernel<{ begin: number | number[]; size?: number | number[] }>(tf.Slice, ({ graph, inputs: { x }, attrs }) => {
    // Both can be shorter than the shape, or plain numbers.
    const [begin, size] = tf.slice_util.parseSliceParams(x as unknown as tf.Tensor, attrs.begin, attrs.size);
    return slice(graph, x!, begin!, size!);
  });
  kernel<{ numOrSizeSplits: number | number[]; axis: number }>(tf.SplitV, ({ graph, inputs: { x }, attrs }) => {
    const axis = tf.util.parseAxisParam(attrs.axis, [...x!.shape])[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x as unknown as tf.Tensor, attrs.numOrSizeSplits, axis);
    return split(graph, x!, sizes, axis);
  });
  kernel<{ axis: number }>(tf.Pack, ({ graph, list, attrs: { axis } }) => {
    const at = axis < 0 ? list[0]!.shape.length + 1 + axis : axis;
    const expanded = list.map((value) => reshape(graph, value, value.shape.toSpliced(at, 0, 1)));
    return concat(graph, expanded, at);
  });
  kernel<{ axis: number }>(tf.Unpack, ({ graph, inputs: { value }, attrs }) => {
    const axis = tf.util.parseAxisParam(attrs.axis, [...value!.shape])[0]!;
    const parts = split(graph, value!, new Array<number>(value!.shape[axis]!).fill(1), axis);
    return parts.map((part) => reshape(graph, part, part.shape.toSpliced(axis, 1)));
  });
  kernel<{ paddings: [number, number][]; constantValue: number }>(tf.PadV2, ({ graph, inputs, attrs }) =>
    pad(graph, inputs.x!, attrs.paddings, attrs.constantValue),
  );
  kernel<{ reps: number[] }>(tf.Tile, ({ graph, inputs: { x }, attrs: { reps } }) => {
    const shape = x!.shape.map((dimension, axis) => dimension * reps[axis]!);
    // Repeating axes of size 1 is a broadcast.
    if (x!.shape.every((dimension, axis) => dimension === 1 || reps[axis] === 1)) return expand(graph, x!, shape);
    return graph.node('Tile', [x, graph.indices(reps)], { dtype: x!.dtype, shape });
  });
  kernel<{ shape: number[]; value: number; dtype: Dtype }>(tf.Fill, ({ graph, attrs }) =>
    constantOf(graph, attrs.value, attrs.shape, attrs.dtype ?? 'float32'),
  );
  kernel<{ start: number; stop: number; step: number; dtype: 'float32' | 'int32' }>(tf.Range, ({ graph, attrs }) => {
    const { start, stop, step, dtype } = attrs;
    const wrongWay = (start < stop && step < 0) || (stop < start && step > 1);
    const length = start === stop || wrongWay ? 0 : Math.abs(Math.ceil((stop - start) / step));
    const by = stop < start && step === 1 ? -1 : step;
    return counted(graph, dtype, start, by, length);
  });
  kernel<{ start: number; stop: number; num: number }>(tf.LinSpace, ({ graph, attrs: { start, stop, num } }) =>
    counted(graph, 'float32', start, (stop - start) / (num - 1), num),
  );
  kernel(tf.ZerosLike, ({ graph, inputs: { x } }) => constantOf(graph, 0, x!.shape, x!.dtype));
  kernel(tf.OnesLike, ({ graph, inputs: { x } }) => constantOf(graph, 1, x!.shape, x!.dtype));
}
