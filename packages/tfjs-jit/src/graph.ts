import type { DataType, TypedArray } from '@tensorflow/tfjs-core';

/** Element types of graph values: those of TensorFlow.js, and the 64-bit indices that some ONNX operators need. */
export type Dtype = 'float32' | 'int32' | 'bool' | 'int64';

/** Typed array of each element type. */
export type Elements = Float32Array | Int32Array | Uint8Array | BigInt64Array;

/** An ONNX attribute, with its kind: integers and floats are encoded differently. */
export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] };

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });

/** An array in the graph: input, constant, or output of a node. */
export interface Value {
  readonly id: number;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The node that computes it; absent for inputs and constants. */
  readonly source?: Node;
  /** Elements known while tracing. */
  readonly constant?: Elements;
}

/** One operator. */
export interface Node {
  readonly op: string;
  /** Empty for ONNX itself. */
  readonly domain: '' | 'com.microsoft';
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  outputs: readonly Value[];
}

/** Type and shape of a node's output. */
export interface OutputType {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A traced function: nodes in topological order. */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Value[] = [];
  outputs: readonly Value[] = [];
  #next = 0;

  /** Adds an input, whose elements are passed at each call. */
  input(dtype: Dtype, shape: readonly number[]): Value {
    const value = { id: this.#next++, dtype, shape: [...shape] };
    this.inputs.push(value);
    return value;
  }

  /** A value whose elements are known now and equal at every call. */
  constant(dtype: Dtype, shape: readonly number[], constant: Elements): Value {
    return { id: this.#next++, dtype, shape: [...shape], constant };
  }

  /** A float32 constant of rank 0. */
  scalar(value: number): Value {
    return this.constant('float32', [], Float32Array.of(value));
  }

  /** A one-dimensional int64 constant, for shapes, axes and bounds of ONNX operators. */
  indices(values: readonly number[]): Value {
    return this.constant('int64', [values.length], BigInt64Array.from(values, BigInt));
  }

  /** Appends a node with one output. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    output: OutputType,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Node['domain'] = '',
  ): Value {
    return this.nodeWithOutputs(op, inputs, [output], attributes, domain)[0]!;
  }

  /** Appends a node with any number of outputs. */
  nodeWithOutputs(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly OutputType[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Node['domain'] = '',
  ): readonly Value[] {
    const node: Node = { op, domain, inputs, attributes, outputs: [] };
    node.outputs = outputs.map(({ dtype, shape }) => ({ id: this.#next++, dtype, shape: [...shape], source: node }));
    this.nodes.push(node);
    return node.outputs;
  }
}

/** Converts elements from TensorFlow.js to the array type of the graph. */
export function toElements(values: TypedArray | readonly number[] | readonly boolean[], dtype: DataType): Elements {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values as number[]);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values as number[]);
  if (dtype === 'bool') return values instanceof Uint8Array ? values : Uint8Array.from(values as number[]);
  throw new Error(`tfjs-jit: tensors of type ${dtype} cannot be traced`);
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Dtype of a traced tensor. Throws for strings and complex numbers. */
export function dtypeOf(dtype: DataType): Dtype {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`tfjs-jit: tensors of type ${dtype} cannot be traced`);
}
