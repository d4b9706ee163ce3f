import type { OptimizerSpec } from '@branchline/core';
import { type ModelSpec, type Parameter, parameterTable, sizeOf } from '@branchline/model';
import type { ArraySpec } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import { type Program, program } from './decoder.js';
import { type AdamwStep, isSameRule, type Rule, ruleOf, scalarsOf } from './optimizer/adamw.js';

/** Position of a parameter. Group 0 has weight decay, group 1 has none. */
interface Place {
  readonly shape: readonly number[];
  readonly size: number;
  readonly group: number;
  /** Index of its first element in the array of its group. */
  readonly start: number;
  /** Index of its first element in the array of all parameters. */
  readonly origin: number;
}

/** Layout of weights or moments on a device: one array for matrices (with weight decay), one for vectors. */
export class Layout {
  readonly places: readonly Place[];
  /** Numbers of elements of the two arrays. */
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

  /** New host arrays of the sizes on the device. */
  allocate(): Float32Array[] {
    return this.sizes.map((size) => new Float32Array(size));
  }

  /** Splits an array of all parameters into the two arrays of a device. */
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

/** A program whose parameters are the two arrays of a `Layout`. */
export interface DeviceProgram extends Program {
  /** Number of results that are copied to the host; the others stay on the device. */
  readonly toHost: number;
}

const flat = (layout: Layout): ArraySpec[] => layout.sizes.map((size) => ({ dtype: 'float32', shape: [size] }));

/** The parameters, sliced out of the two arrays. */
const unpack = (layout: Layout, arrays: readonly tf.Tensor[]): tf.Tensor[] =>
  layout.places.map(({ shape, size, group, start }) =>
    tf.reshape(tf.slice(arrays[group]!, [start], [size]), [...shape]),
  );

/**
 * From tokens, targets, factors and weights to losses and the norm of the gradient (for the host) and the gradient
 * (stays on the device).
 */
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

/** From tokens, targets and weights to losses. */
export function evaluationProgram(spec: ModelSpec, sequences: number): DeviceProgram {
  const { fn, inputs } = program('evaluate', spec, sequences);
  const layout = new Layout(parameterTable(spec));
  return {
    inputs: [...inputs.slice(0, 2), ...flat(layout)],
    toHost: 1,
    fn: (tokens, targets, ...weights) => fn(tokens, targets, ...unpack(layout, weights)),
  };
}

/** Consecutive elements of an array of a `Layout` with one rule. */
interface Part extends Rule {
  readonly start: number;
  readonly size: number;
}

/** The parts of each array: one, unless classes of parameters have factors of their own. */
function partsOf(spec: ModelSpec, groups: OptimizerSpec['groups']): readonly (readonly Part[])[] {
  const table = parameterTable(spec);
  const layout = new Layout(table);
  return layout.sizes.map((_, group) => {
    const parts: Part[] = [];
    for (const [index, place] of layout.places.entries()) {
      if (place.group !== group) continue;
      const rule = ruleOf(table[index]!, groups);
      const last = parts.at(-1);
      const isLonger = last !== undefined && isSameRule(last, rule);
      if (isLonger) parts[parts.length - 1] = { ...last, size: last.size + place.size };
      else parts.push({ ...rule, start: place.start, size: place.size });
    }
    return parts;
  });
}

/** The different rules of all parameters, in a fixed order. */
function rulesOf(spec: ModelSpec, groups: OptimizerSpec['groups']): readonly Rule[] {
  const rules: Rule[] = [];
  for (const part of partsOf(spec, groups).flat()) if (!rules.some((rule) => isSameRule(rule, part))) rules.push(part);
  return rules;
}

/**
 * Scalars of an AdamW step that depend on step number, learning rate and gradient norm: inputs of `updateProgram`. Two
 * are of all parameters, and two of each rule.
 */
export function coefficients(spec: ModelSpec, optimizer: OptimizerSpec, step: AdamwStep): Float32Array[] {
  const { beta2, clipNorm } = optimizer;
  const clip = clipNorm > 0 && step.gradNorm > clipNorm ? clipNorm / step.gradNorm : 1;
  const own = rulesOf(spec, optimizer.groups).flatMap((rule) => {
    const { keep, rate } = scalarsOf(rule, optimizer, step);
    return [keep, rate];
  });
  return [clip, 1 / Math.sqrt(1 - beta2 ** step.step), ...own].map((value) => Float32Array.of(value));
}

/**
 * The same step as `adamw`, all in float32: from `coefficients`, gradient, weights, first and second moments to new
 * weights and moments. All results stay on the device.
 */
export function updateProgram(spec: ModelSpec, optimizer: OptimizerSpec): DeviceProgram {
  const { beta1, beta2, epsilon, groups } = optimizer;
  const arrays = flat(new Layout(parameterTable(spec)));
  const [rules, parts] = [rulesOf(spec, groups), partsOf(spec, groups)];
  const scalars = Array.from({ length: 2 + 2 * rules.length }, (): ArraySpec => ({ dtype: 'float32', shape: [1] }));
  return {
    inputs: [...scalars, ...arrays, ...arrays, ...arrays, ...arrays],
    toHost: 0,
    fn: (...inputs) => {
      const [clip, spread] = inputs as [tf.Tensor, tf.Tensor];
      const slots = inputs.slice(scalars.length);
      const next = arrays.map((_, group) => {
        const [gradient, weights, first, second] = [0, 2, 4, 6].map((slot) => slots[slot + group]!);
        const own = tf.mul(gradient!, clip);
        const m = mixed(first!, own, beta1);
        const v = mixed(second!, tf.square(own), beta2);
        const root = tf.mul(tf.sqrt(v), spread);
        const updated = parts[group]!.map((part) => {
          const cut = (x: tf.Tensor) => (parts[group]!.length === 1 ? x : tf.slice(x, [part.start], [part.size]));
          const at = 2 + 2 * rules.findIndex((rule) => isSameRule(rule, part));
          const [keep, rate] = [inputs[at]!, inputs[at + 1]!];
          const change = tf.mul(rate, tf.div(cut(m), tf.add(cut(root), epsilon * part.factors.epsilon)));
          return tf.sub(part.decayed ? tf.mul(cut(weights!), keep) : cut(weights!), change);
        });
        return [updated.length === 1 ? updated[0]! : tf.concat(updated), m, v];
      });
      return [0, 1, 2].flatMap((slot) => next.map((own) => own[slot]!));
    },
  };
}

/** Copies slots of a state (two arrays each) to the device or back. */
export function copyProgram(spec: ModelSpec, slots: number, to: 'device' | 'host'): DeviceProgram {
  const arrays = flat(new Layout(parameterTable(spec)));
  const inputs = Array.from({ length: slots }, () => arrays).flat();
  return { inputs, toHost: to === 'host' ? inputs.length : 0, fn: (...values) => values };
}

const mixed = (average: tf.Tensor, value: tf.Tensor, beta: number): tf.Tensor =>
  tf.add(tf.mul(average, beta), tf.mul(value, 1 - beta));

/**
 * Sum of squares in two stages: a device reduces rows in parallel, but one long row with few threads and more rounding.
 */
function sumOfSquares(x: tf.Tensor1D): tf.Tensor {
  let columns = Math.floor(Math.sqrt(x.size));
  while (x.size % columns !== 0) columns--;
  return tf.sum(tf.sum(tf.reshape(tf.square(x), [-1, columns]), 1));
}
