import type { OptimizerSpec } from '@branchline/core';
import { type ModelSpec, type Parameter, parameterTable, sizeOf } from '@branchline/model';
import type { ArraySpec } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import { type Program, program } from './decoder.js';
import type { AdamwStep } from './optimizer/adamw.js';

/** Where a parameter lies: in the array of those that are decayed, or of those that are not. */
interface Place {
  readonly shape: readonly number[];
  readonly size: number;
  readonly group: number;
  /** First element in the array of its group. */
  readonly start: number;
  /** First element in the array of all parameters. */
  readonly origin: number;
}

/** Weights or moments as a device holds them: matrices, which are decayed, in one array, and the rest in another. */
export class Layout {
  readonly places: readonly Place[];
  /** Elements of the two arrays. */
  readonly sizes: readonly number[];

  constructor(table: readonly Parameter[]) {
    const sizes = [0, 0];
    this.places = table.map(({ shape }) => {
      const group = shape.length > 1 ? 0 : 1;
      const place = { shape, size: sizeOf(shape), group, start: sizes[group]!, origin: sizes[0]! + sizes[1]! };
      sizes[group]! += place.size;
      return place;
    });
    this.sizes = sizes;
  }

  /** New arrays of a device's sizes. */
  allocate(): Float32Array[] {
    return this.sizes.map((size) => new Float32Array(size));
  }

  /** The arrays of a device from one that holds all parameters one after the other. */
  divide(flat: Float32Array): Float32Array[] {
    const arrays = this.allocate();
    for (const { group, start, size, origin } of this.places) {
      arrays[group]!.set(flat.subarray(origin, origin + size), start);
    }
    return arrays;
  }

  /** The reverse of `divide`. */
  join(arrays: readonly Float32Array[], flat: Float32Array): void {
    for (const { group, start, size, origin } of this.places) {
      flat.set(arrays[group]!.subarray(start, start + size), origin);
    }
  }
}

/** A program on arrays as `Layout` divides them. */
export interface DeviceProgram extends Program {
  /** Results for the host; the others are for the device. */
  readonly toHost: number;
}

const flat = (layout: Layout): ArraySpec[] => layout.sizes.map((size) => ({ dtype: 'float32', shape: [size] }));

/** The parameters inside the two arrays. */
const unpack = (layout: Layout, arrays: readonly tf.Tensor[]): tf.Tensor[] =>
  layout.places.map(({ shape, size, group, start }) =>
    tf.reshape(tf.slice(arrays[group]!, [start], [size]), [...shape]),
  );

/** Tokens, targets, factors and weights to losses and the norm of the gradient for the host, and the gradient. */
export function gradientProgram(spec: ModelSpec, sequences: number): DeviceProgram {
  const { fn, inputs } = program('train', spec, sequences);
  const layout = new Layout(parameterTable(spec));
  return {
    inputs: [...inputs.slice(0, 3), ...flat(layout)],
    toHost: 2,
    fn: (tokens, targets, factors, ...weights) => {
      const results = fn(tokens, targets, factors, ...unpack(layout, weights));
      const [nll, ...gradients] = results as [tf.Tensor, ...tf.Tensor[]];
      const joined = layout.sizes.map((_, group) => {
        const own = gradients.filter((_gradient, index) => layout.places[index]!.group === group);
        return tf.concat(own.map((gradient) => tf.reshape<tf.Rank.R1>(gradient, [-1])));
      });
      return [nll, tf.sqrt(tf.addN(joined.map(sumOfSquares))), ...joined];
    },
  };
}

/** Tokens, targets and weights to losses. */
export function evaluationProgram(spec: ModelSpec, sequences: number): DeviceProgram {
  const { fn, inputs } = program('evaluate', spec, sequences);
  const layout = new Layout(parameterTable(spec));
  return {
    inputs: [...inputs.slice(0, 2), ...flat(layout)],
    toHost: 1,
    fn: (tokens, targets, ...weights) => fn(tokens, targets, ...unpack(layout, weights)),
  };
}

/** What of a step of AdamW depends on its number, learning rate and gradient: inputs of `updateProgram`. */
export function coefficients(optimizer: OptimizerSpec, { lr, step, gradNorm }: AdamwStep): Float32Array[] {
  const { beta1, beta2, weightDecay, clipNorm } = optimizer;
  const clip = clipNorm > 0 && gradNorm > clipNorm ? clipNorm / gradNorm : 1;
  const values = [clip, 1 - lr * weightDecay, lr / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)];
  return values.map((value) => Float32Array.of(value));
}

/**
 * The same step as `adamw`, but in float32 throughout: `coefficients`, gradient, weights, first and second moments to
 * weights and moments, which all stay on the device.
 */
export function updateProgram(spec: ModelSpec, { beta1, beta2, epsilon }: OptimizerSpec): DeviceProgram {
  const arrays = flat(new Layout(parameterTable(spec)));
  const scalar: ArraySpec = { dtype: 'float32', shape: [1] };
  return {
    inputs: [scalar, scalar, scalar, scalar, ...arrays, ...arrays, ...arrays, ...arrays],
    toHost: 0,
    fn: (clip, keep, rate, spread, ...slots) => {
      const next = arrays.map((_, group) => {
        const [gradient, weights, first, second] = [0, 2, 4, 6].map((slot) => slots[slot + group]!);
        const own = tf.mul(gradient!, clip);
        const m = mixed(first!, own, beta1);
        const v = mixed(second!, tf.square(own), beta2);
        const change = tf.mul(rate, tf.div(m, tf.add(tf.mul(tf.sqrt(v), spread), epsilon)));
        return [tf.sub(group === 0 ? tf.mul(weights!, keep) : weights!, change), m, v];
      });
      return [0, 1, 2].flatMap((slot) => next.map((own) => own[slot]!));
    },
  };
}

/** Copies some slots of a state, two arrays each, to the device or back. */
export function copyProgram(spec: ModelSpec, slots: number, to: 'device' | 'host'): DeviceProgram {
  const arrays = flat(new Layout(parameterTable(spec)));
  const inputs = Array.from({ length: slots }, () => arrays).flat();
  return { inputs, toHost: to === 'host' ? inputs.length : 0, fn: (...values) => values };
}

const mixed = (average: tf.Tensor, value: tf.Tensor, beta: number): tf.Tensor =>
  tf.add(tf.mul(average, beta), tf.mul(value, 1 - beta));

/** In two stages: a device reduces rows side by side, but one long row with a few threads, and with more rounding. */
function sumOfSquares(x: tf.Tensor1D): tf.Tensor {
  let columns = Math.floor(Math.sqrt(x.size));
  while (x.size % columns !== 0) columns--;
  return tf.sum(tf.sum(tf.reshape(tf.square(x), [-1, columns]), 1));
}
