import * as tf from '@tensorflow/tfjs-core';
import { type Graph, sizeOf, type Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { transpose } from './arrange.js';
import { only } from './elementwise.js';
import { matmul } from './matmul.js';
import { reduce } from './reduce.js';
import { reshape } from './shape.js';

/** A value whose axes are named by letters. */
interface Term {
  readonly value: Value;
  readonly axes: readonly string[];
}

/** Sums a term over the axes that no other term uses. */
function summed(graph: Graph, { value, axes }: Term, wanted: ReadonlySet<string>): Term {
  const gone = axes.flatMap((name, axis) => (wanted.has(name) ? [] : [axis]));
  if (gone.length === 0) return { value, axes };
  return {
    value: reduce(graph, 'ReduceSum', value, gone, false),
    axes: axes.filter((name) => wanted.has(name)),
  };
}

/** The term with reordered axes, as a stack of matrices. */
function stacked(graph: Graph, { value, axes }: Term, groups: readonly (readonly string[])[]): Value {
  const perm = groups.flat().map((name) => axes.indexOf(name));
  const sizes = groups.map((names) => sizeOf(names.map((name) => value.shape[axes.indexOf(name)]!)));
  return reshape(graph, transpose(graph, value, perm), sizes);
}

/** Multiplies two terms and sums over the axes that only they have: one stack of matrix products. */
function product(graph: Graph, a: Term, b: Term, output: ReadonlySet<string>): Term {
  const shared = a.axes.filter((name) => b.axes.includes(name));
  const batch = shared.filter((name) => output.has(name));
  const inner = shared.filter((name) => !output.has(name));
  const [rows, columns] = [a, b].map(({ axes }) => axes.filter((name) => !shared.includes(name))) as [
    string[],
    string[],
  ];
  const result = matmul(graph, stacked(graph, a, [batch, rows, inner]), stacked(graph, b, [batch, inner, columns]));
  const axes = [...batch, ...rows, ...columns];
  const size = (name: string) => {
    const { value, axes: names } = a.axes.includes(name) ? a : b;
    return value.shape[names.indexOf(name)]!;
  };
  return { value: reshape(graph, result, axes.map(size)), axes };
}

/** Registers `tf.einsum`. */
export function registerEinsum(): void {
  kernel<{ equation: string }>(tf.Einsum, ({ graph, list, attrs }) => {
    only(['float32'], ...list);
    // TensorFlow.js refuses invalid equations, ellipses, and repeated letters in a term.
    const [left, right] = attrs.equation.replaceAll(' ', '').split('->') as [string, string];
    const output = new Set(right);
    const terms = left.split(',').map((names, index): Term => ({ value: list[index]!, axes: [...names] }));
    const reduced = terms.map((term, index) => {
      const elsewhere = terms.flatMap(({ axes }, other) => (other === index ? [] : axes));
      return summed(graph, term, new Set([...output, ...elsewhere]));
    });
    const whole = reduced.reduce((a, b) => product(graph, a, b, output));
    return transpose(
      graph,
      whole.value,
      [...output].map((name) => whole.axes.indexOf(name)),
    );
  });
}
