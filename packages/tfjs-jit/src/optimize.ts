import { type Attribute, float, Graph, type Node, sizeOf, type Value } from './graph.js';

/** Binary operators that broadcast. */
const BROADCASTS = new Set(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow']);

/**
 * An equivalent graph with fewer nodes: merges equal nodes, skips reshapes of reshapes, leaves broadcasts to the
 * operators that use them, fuses factors and addends into matrix products, and drops dead nodes. ONNX Runtime folds
 * constant subgraphs when the session is created.
 */
export function optimize(graph: Graph): Graph {
  return dropDead(rewrite(dropDead(rewrite(graph, simplify)), fuse));
}

/** Drops nodes without used outputs. Unused optional outputs of other nodes are kept: outputs are positional. */
function dropDead(graph: Graph): Graph {
  const used = new Set<Value | undefined>(graph.outputs);
  const alive: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => used.has(output))) continue;
    alive.push(node);
    for (const input of node.inputs) used.add(input);
  }
  const result = new Graph();
  result.inputs.push(...graph.inputs);
  result.nodes.push(...alive.reverse());
  result.outputs = graph.outputs;
  return result;
}

type Rule = (node: Node, uses: ReadonlyMap<Value, number>) => Node | Value;

/** Applies a rule to every node in order, and merges nodes that are then equal. */
function rewrite(graph: Graph, rule: Rule): Graph {
  const uses = new Map<Value, number>();
  for (const value of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs]) {
    if (value) uses.set(value, (uses.get(value) ?? 0) + 1);
  }
  const replaced = new Map<Value, Value>();
  const current = (value: Value): Value => replaced.get(value) ?? value;
  const seen = new Map<string, Node>();
  const result = new Graph();
  result.inputs.push(...graph.inputs);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => input && current(input));
    // Keep the node's outputs, so that unchanged values stay the same objects.
    const changed = rule({ ...node, inputs }, uses);
    if (!('op' in changed)) {
      replaced.set(node.outputs[0]!, changed);
      continue;
    }
    const key = keyOf(changed);
    const twin = seen.get(key);
    if (twin) {
      node.outputs.forEach((output, index) => {
        replaced.set(output, twin.outputs[index]!);
      });
      continue;
    }
    const outputs = changed.outputs.map((output) => ({ ...output, source: changed }));
    const placed: Node = Object.assign(changed, { outputs });
    node.outputs.forEach((output, index) => {
      replaced.set(output, outputs[index]!);
      uses.set(outputs[index]!, uses.get(output) ?? 0);
    });
    seen.set(key, placed);
    result.nodes.push(placed);
  }
  result.outputs = graph.outputs.map(current);
  return result;
}

/** Equal for nodes that compute the same. Small constants are compared by elements, large ones by identity. */
function keyOf({ op, domain, inputs, attributes, outputs }: Node): string {
  const names = inputs.map((value) => {
    if (!value?.constant || value.constant.length > 64) return value?.id;
    return `${value.dtype}[${value.shape.join()}]${value.constant.join()}`;
  });
  return JSON.stringify([domain, op, names, attributes, outputs.map(({ shape, dtype }) => [shape, dtype])]);
}

const sameShape = (a: Value, b: Value) =>
  a.shape.length === b.shape.length && a.shape.every((dimension, axis) => dimension === b.shape[axis]);

/** The number in a float constant of one element; undefined for other values. */
function numberOf(value: Value | undefined): number | undefined {
  return value?.constant?.length === 1 && value.dtype === 'float32' ? (value.constant[0] as number) : undefined;
}

const simplify: Rule = (node) => {
  const [output] = node.outputs;
  const [first, second] = node.inputs;
  if (node.op === 'Reshape') {
    if (sameShape(first!, output!)) return first!;
    if (first!.source?.op === 'Reshape') {
      const [origin] = first!.source.inputs;
      return sameShape(origin!, output!) ? origin! : { ...node, inputs: [origin, second] };
    }
  }
  if (node.op === 'Transpose') {
    const perm = node.attributes.perm as { value: readonly number[] };
    if (perm.value.every((axis, index) => axis === index)) return first!;
  }
  if (node.op === 'Expand' && sameShape(first!, output!)) return first!;
  if (!BROADCASTS.has(node.op)) return node;
  const inputs = node.inputs.map((input, index) => {
    const other = node.inputs[1 - index]!;
    const unexpanded = input!.source?.op === 'Expand' ? input!.source.inputs[0]! : input!;
    return sameShape(other, output!) ? unexpanded : input!;
  }) as [Value, Value];
  const neutral = node.op === 'Mul' || node.op === 'Div' ? 1 : node.op === 'Add' || node.op === 'Sub' ? 0 : undefined;
  if (neutral !== undefined) {
    if (numberOf(inputs[1]) === neutral && sameShape(inputs[0], output!)) return inputs[0];
    const commutes = node.op === 'Mul' || node.op === 'Add';
    if (commutes && numberOf(inputs[0]) === neutral && sameShape(inputs[1], output!)) return inputs[1];
  }
  return { ...node, inputs };
};

const isProduct = (value: Value) => value.source?.op === 'Gemm' || value.source?.op === 'FusedMatMul';
const floatOf = (attribute: Attribute | undefined) => (attribute?.kind === 'float' ? attribute.value : 1);

/** Fuses `factor * product` and `product + addend` into the product, if it has no other use. */
const fuse: Rule = (node, uses) => {
  if (node.op !== 'Mul' && node.op !== 'Add') return node;
  const [output] = node.outputs;
  for (const [product, other] of [node.inputs, node.inputs.toReversed()] as [Value, Value][]) {
    if (!isProduct(product) || uses.get(product) !== 1 || !sameShape(product, output!)) continue;
    const { op, domain, inputs, attributes } = product.source!;
    if (inputs.length > 2) continue;
    const factor = node.op === 'Mul' ? numberOf(other) : undefined;
    if (factor !== undefined) {
      const alpha = float(floatOf(attributes.alpha) * factor);
      return { op, domain, inputs, attributes: { ...attributes, alpha }, outputs: node.outputs };
    }
    if (node.op === 'Add' && op === 'Gemm' && other.dtype === 'float32' && sizeOf(other.shape) > 0) {
      return { op, domain, inputs: [...inputs, other], attributes, outputs: node.outputs };
    }
  }
  return node;
};
