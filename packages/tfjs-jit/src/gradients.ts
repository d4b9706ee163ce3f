import * as tf from '@tensorflow/tfjs-core';

type Tensor = tf.Tensor;
type Saved = readonly Tensor[];
type Attributes = Record<string, unknown>;

/** Sums `dy` over the axes along which a value of `shape` was broadcast. */
function unbroadcast(dy: Tensor, shape: readonly number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], dy.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
}

/** Gradients by the names that a kernel gives its inputs; `saved` are the inputs and outputs that were asked for. */
type Gradient = (dy: Tensor, saved: Saved, attributes: Attributes) => Record<string, () => Tensor>;

function register(
  kernelName: string,
  keep: { inputs?: string[]; outputs?: boolean; allInputs?: boolean },
  gradient: Gradient,
): void {
  // Whoever has registered TensorFlow.js' own gradients keeps them.
  if (tf.getGradient(kernelName) !== undefined) return;
  tf.registerGradient({
    kernelName,
    inputsToSave: keep.inputs ?? [],
    outputsToSave: keep.outputs ? [true] : [],
    saveAllInputs: keep.allInputs ?? false,
    gradFunc: (dy, saved, attributes) => gradient(dy as Tensor, saved, attributes),
  });
}

/** Two broadcast inputs: the factors by which `dy` reaches each. */
function registerBinary(kernelName: string, a: (dy: Tensor, saved: Saved) => Tensor, b: typeof a): void {
  register(kernelName, { inputs: ['a', 'b'] }, (dy, saved) => ({
    a: () => unbroadcast(a(dy, saved), saved[0]!.shape),
    b: () => unbroadcast(b(dy, saved), saved[1]!.shape),
  }));
}

/** One input, of which the gradient needs nothing, the input, or the output. */
function registerUnary(kernelName: string, keep: 'input' | 'output' | 'nothing', slope: (x: Tensor) => Tensor): void {
  const saving = { nothing: {}, input: { inputs: ['x'] }, output: { outputs: true } }[keep];
  register(kernelName, saving, (dy, [x]) => ({ x: () => tf.mul(dy, slope(x ?? dy)) }));
}

const not = (condition: Tensor) => tf.cast(tf.logicalNot(condition), 'float32');
const yes = (condition: Tensor) => tf.cast(condition, 'float32');

function registerElementwise(): void {
  registerBinary(
    tf.Add,
    (dy) => dy,
    (dy) => dy,
  );
  registerBinary(tf.Sub, (dy) => dy, tf.neg);
  registerBinary(
    tf.Multiply,
    (dy, [, b]) => tf.mul(dy, b!),
    (dy, [a]) => tf.mul(dy, a!),
  );
  registerBinary(
    tf.RealDiv,
    (dy, [, b]) => tf.div(dy, b!),
    (dy, [a, b]) => tf.neg(tf.mul(dy, tf.div(a!, tf.square(b!)))),
  );
  registerBinary(
    tf.SquaredDifference,
    (dy, [a, b]) => tf.mul(dy, tf.mul(2, tf.sub(a!, b!))),
    (dy, [a, b]) => tf.mul(dy, tf.mul(2, tf.sub(b!, a!))),
  );
  registerBinary(
    tf.Maximum,
    (dy, [a, b]) => tf.mul(dy, yes(tf.greaterEqual(a!, b!))),
    (dy, [a, b]) => tf.mul(dy, not(tf.greaterEqual(a!, b!))),
  );
  registerBinary(
    tf.Minimum,
    (dy, [a, b]) => tf.mul(dy, yes(tf.lessEqual(a!, b!))),
    (dy, [a, b]) => tf.mul(dy, not(tf.lessEqual(a!, b!))),
  );
  registerUnary(tf.Neg, 'nothing', () => tf.scalar(-1));
  registerUnary(tf.Abs, 'input', tf.sign);
  registerUnary(tf.Exp, 'output', (y) => y);
  registerUnary(tf.Log, 'input', tf.reciprocal);
  registerUnary(tf.Sqrt, 'input', (x) => tf.mul(0.5, tf.rsqrt(x)));
  registerUnary(tf.Rsqrt, 'input', (x) => tf.div(tf.mul(-0.5, tf.rsqrt(x)), x));
  registerUnary(tf.Square, 'input', (x) => tf.mul(2, x));
  registerUnary(tf.Reciprocal, 'input', (x) => tf.neg(tf.reciprocal(tf.square(x))));
  registerUnary(tf.Sigmoid, 'output', (y) => tf.mul(y, tf.sub(1, y)));
  registerUnary(tf.Tanh, 'output', (y) => tf.sub(1, tf.square(y)));
  registerUnary(tf.Relu, 'input', (x) => tf.step(x));
  registerUnary(tf.Sin, 'input', tf.cos);
  registerUnary(tf.Cos, 'input', (x) => tf.neg(tf.sin(x)));
  register(tf.Cast, {}, (dy) => ({ x: () => dy }));
  register(tf.Identity, {}, (dy) => ({ x: () => dy }));
  register(tf.Select, { inputs: ['condition'] }, (dy, [condition]) => ({
    condition: () => tf.zeros(condition!.shape),
    t: () => tf.mul(dy, yes(condition!)),
    e: () => tf.mul(dy, not(condition!)),
  }));
}

/** `dy` of a reduction, with the reduced axes back as axes of size 1. */
function withReducedAxes(dy: Tensor, x: Tensor, axis: unknown): Tensor {
  const axes = tf.util.parseAxisParam(axis as number[], x.shape);
  return tf.reshape(dy, tf.backend_util.expandShapeToKeepDim(without(x.shape, axes), axes));
}

const without = (shape: readonly number[], axes: readonly number[]) => shape.filter((_, axis) => !axes.includes(axis));

function registerReductions(): void {
  register(tf.Sum, { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => tf.mul(withReducedAxes(dy, x!, axis), tf.ones(x!.shape)),
  }));
  register(tf.Mean, { inputs: ['x'] }, (dy, [x], { axis }) => ({
    x: () => {
      const spread = withReducedAxes(dy, x!, axis);
      return tf.mul(tf.div(spread, x!.size / spread.size), tf.ones(x!.shape));
    },
  }));
  register(tf.Max, { inputs: ['x'], outputs: true }, (dy, [x, y], { reductionIndices: axis }) => ({
    // Elements that tie for the largest all receive the gradient.
    x: () => tf.mul(withReducedAxes(dy, x!, axis), yes(tf.equal(x!, withReducedAxes(y!, x!, axis)))),
  }));
  register(tf.Softmax, { outputs: true }, (dy, [y], { dim }) => ({
    logits: () => {
      const scaled = tf.mul(dy, y!);
      return tf.sub(scaled, tf.mul(tf.sum(scaled, dim as number, true), y!));
    },
  }));
  register(tf.LogSoftmax, { outputs: true }, (dy, [y], { axis }) => ({
    logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis as number, true), tf.exp(y!))),
  }));
}

function registerShapes(): void {
  register(tf.Reshape, { inputs: ['x'] }, (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }));
  register(tf.ExpandDims, { inputs: ['input'] }, (dy, [x]) => ({ input: () => tf.reshape(dy, x!.shape) }));
  register(tf.Transpose, {}, (dy, _saved, { perm }) => ({
    x: () => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[])),
  }));
  register(tf.Concat, { allInputs: true }, (dy, saved, { axis }) => {
    const [along] = tf.util.parseAxisParam(axis as number, saved[0]!.shape);
    const sizes = saved.map(({ shape }) => shape[along!]!);
    const parts = tf.split(dy, sizes, along);
    return Object.fromEntries(parts.map((part, index) => [index, () => part]));
  });
  register(tf.SplitV, {}, (dy, _saved, { axis }) => ({
    x: () => tf.concat(dy as unknown as Tensor[], axis as number),
  }));
  register(tf.Slice, { inputs: ['x'] }, (dy, [x], { begin, size }) => ({
    x: () => {
      const [starts] = tf.slice_util.parseSliceParams(x!, begin as number[], size as number[]);
      return tf.pad(
        dy,
        starts!.map((start, axis) => [start, x!.shape[axis]! - start - dy.shape[axis]!]),
      );
    },
  }));
  register(tf.PadV2, { inputs: ['x'] }, (dy, [x], { paddings }) => ({
    x: () =>
      tf.slice(
        dy,
        (paddings as [number, number][]).map(([before]) => before),
        x!.shape,
      ),
  }));
  register(tf.Tile, { inputs: ['x'] }, (dy, [x], { reps }) => ({
    x: () => {
      const split = x!.shape.flatMap((size, axis) => [(reps as number[])[axis]!, size]);
      const repeated = x!.shape.map((_, axis) => 2 * axis);
      return tf.sum(tf.reshape(dy, split), repeated);
    },
  }));
}

function registerProducts(): void {
  register(tf.BatchMatMul, { inputs: ['a', 'b'] }, (dy, [a, b], { transposeA, transposeB }) => ({
    a: () =>
      unbroadcast(transposeA ? tf.matMul(b!, dy, !!transposeB, true) : tf.matMul(dy, b!, false, !transposeB), a!.shape),
    b: () =>
      unbroadcast(transposeB ? tf.matMul(dy, a!, true, !!transposeA) : tf.matMul(a!, dy, !transposeA, false), b!.shape),
  }));
  register(tf.GatherV2, { inputs: ['x', 'indices'] }, (dy, [x, indices], { axis, batchDims }) => ({
    x: () => {
      if (axis !== 0 || batchDims) throw new Error('tfjs-jit: gather is differentiated along axis 0 only');
      const rows = tf.reshape(dy, [indices!.size, ...x!.shape.slice(1)]);
      return tf.unsortedSegmentSum(rows, tf.reshape(indices!, [indices!.size]), x!.shape[0]);
    },
    indices: () => tf.zeros(indices!.shape),
  }));
}

/**
 * Registers gradients of most operations that can be compiled, where none are registered: in Node,
 * `@tensorflow/tfjs-core` comes without them (only the umbrella package `@tensorflow/tfjs` adds them).
 */
export function registerGradients(): void {
  registerElementwise();
  registerReductions();
  registerShapes();
  registerProducts();
}
