import { type Attribute, Graph, int, ints, type Node, type Value } from './graph.js';

/** Replaces a node by other operators; returns undefined to keep the node. */
type Rule = (
  graph: Graph,
  node: Node,
  inputs: readonly Value[],
  isUsed: (output: Value) => boolean,
) => Value[] | undefined;

/**
 * Rewrites a graph in operators that the WebGPU provider of ONNX Runtime 1.30 has and computes correctly. Otherwise it
 * would run some on the processor, with two copies for each, and leave one output unwritten.
 */
export function lowerForWebGpu(graph: Graph): Graph {
  const result = new Graph();
  const renamed = new Map<Value, Value>();
  const current = (value: Value): Value => {
    let own = renamed.get(value);
    if (own === undefined) {
      if (value.constant === undefined) throw new Error('tfjs-jit: a value is used before it is computed');
      own = result.constant(value.dtype, value.shape, value.constant);
      renamed.set(value, own);
    }
    return own;
  };
  for (const input of graph.inputs) renamed.set(input, result.input(input.dtype, input.shape));
  const used = new Set<Value | undefined>([...graph.outputs, ...graph.nodes.flatMap(({ inputs }) => inputs)]);
  for (const node of graph.nodes) {
    const { op, domain, inputs, attributes, outputs } = node;
    const own = inputs.map((input) => input && current(input));
    const replaced = own.every((input) => input !== undefined)
      ? RULES[op]?.(result, node, own, (output) => used.has(output))
      : undefined;
    const made = replaced ?? result.nodeWithOutputs(op, own, outputs, attributes, domain);
    outputs.forEach((output, index) => {
      renamed.set(output, made[index]!);
    });
  }
  result.outputs = graph.outputs.map(current);
  return result;
}

const RULES: Readonly<Record<string, Rule>> = {
  FusedMatMul(graph, { attributes, outputs }, [a, b]) {
    const { transA, transB, alpha, ...others } = attributes;
    if (Object.values(others).some((attribute) => numberOf(attribute) !== 0)) return undefined;
    const [left, right] = [
      numberOf(transA) === 1 ? transposed(graph, a!) : a!,
      numberOf(transB) === 1 ? transposed(graph, b!) : b!,
    ];
    const product = graph.node('MatMul', [left, right], outputs[0]!);
    const factor = numberOf(alpha) ?? 1;
    return [factor === 1 ? product : graph.node('Mul', [product, graph.scalar(factor)], outputs[0]!)];
  },

  // WebGPU leaves the second output zero, which gradients need.
  SimplifiedLayerNormalization(graph, { attributes, outputs }, [x, gain], isUsed) {
    const [output, inverse] = outputs;
    if (inverse === undefined || !isUsed(inverse) || numberOf(attributes.axis) !== -1) return undefined;
    const square = graph.node('Mul', [x, x], x!);
    const mean = reduced(graph, 'ReduceMean', square);
    const shifted = graph.node('Add', [mean, graph.scalar(numberOf(attributes.epsilon)!)], mean);
    const scale = graph.node('Reciprocal', [graph.node('Sqrt', [shifted], mean)], mean);
    const normal = graph.node('Mul', [x, scale], x!);
    return [graph.node('Mul', [normal, gain], output!), scale];
  },

  LogSoftmax(graph, { attributes, outputs }, [x]) {
    const axis = numberOf(attributes.axis);
    if (axis !== -1 && axis !== x!.shape.length - 1) return undefined;
    const shifted = graph.node('Sub', [x, reduced(graph, 'ReduceMax', x!)], x!);
    const sum = reduced(graph, 'ReduceSum', graph.node('Exp', [shifted], x!));
    return [graph.node('Sub', [shifted, graph.node('Log', [sum], sum)], outputs[0]!)];
  },
};

function numberOf(attribute: Attribute | undefined): number | undefined {
  return attribute?.kind === 'int' || attribute?.kind === 'float' ? attribute.value : undefined;
}

/** `x` with the last two axes exchanged. */
function transposed(graph: Graph, x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  const perm = [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!];
  const shape = perm.map((axis) => x.shape[axis]!);
  return graph.node('Transpose', [x], { dtype: x.dtype, shape }, { perm: ints(perm) });
}

/** `x` reduced over the last axis, which is kept with size 1. */
function reduced(graph: Graph, op: string, x: Value): Value {
  const shape = [...x.shape.slice(0, -1), 1];
  const axes = graph.indices([x.shape.length - 1]);
  return graph.node(op, [x, axes], { dtype: x.dtype, shape }, { keepdims: int(1), noop_with_empty_axes: int(1) });
}
