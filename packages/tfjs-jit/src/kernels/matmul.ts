import * as tf from '@tensorflow/tfjs-core';
import { float, type Graph, int, ints, sizeOf, type Value } from '../graph.js';
import { kernel } from '../recorder.js';
import { pad, slice } from './shape.js';

/** Which factors of a matrix product are transposed. */
export interface Transposes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Bits are equal for any number of threads up to this one. */
const MOST_THREADS = 32;
/** Inner sizes up to this are summed in one block, for all outer sizes. */
const INNER_BLOCK = 128;

/** Product of the stacks `a` and `b`; leading axes are broadcast. */
interface Product {
  readonly a: Value;
  readonly b: Value;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly rows: number;
  readonly columns: number;
}

/**
 * A product whose bits do not depend on the number of threads.
 *
 * ONNX Runtime's matrix library (MLAS) distributes whole matrices of a stack to threads, if there are enough of them.
 * Otherwise it splits a product by columns in blocks of 16 if there are more columns than rows, else by rows. Two
 * effects of a thread's share then change the summation order: a single row or column uses a matrix-vector routine, and
 * fewer columns lead to longer blocks of the inner axis. So products are computed with enough rows, transposed if there
 * are more columns and the inner axis is long, and never with one column left over.
 */
function threadSafe(graph: Graph, product: Product): Value {
  const { a, b, transposeA, transposeB, rows, columns } = product;
  const inner = a.shape.at(transposeA ? -2 : -1)!;
  if (columns > rows) {
    if (inner <= INNER_BLOCK || rows === 1) {
      return columns % 16 === 1 ? padded(graph, product, rows, columns + 1) : emit(graph, product);
    }
    const turned = { a: b, b: a, transposeA: !transposeB, transposeB: !transposeA, rows: columns, columns: rows };
    const result = threadSafe(graph, turned);
    const rank = result.shape.length;
    const perm = result.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
    const shape = perm.map((axis) => result.shape[axis]!);
    return graph.node('Transpose', [result], { dtype: 'float32', shape }, { perm: ints(perm) });
  }
  if (rows === 1 || rows >= 2 * MOST_THREADS) return emit(graph, product);
  return padded(graph, product, 2 * MOST_THREADS, columns);
}

/** The product computed with additional zero rows or columns, which are then cut off. */
function padded(graph: Graph, product: Product, rows: number, columns: number): Value {
  const grow = (value: Value, axis: number, extra: number) => {
    const at = value.shape.length + axis;
    return extra === 0
      ? value
      : pad(
          graph,
          value,
          value.shape.map((_, i): [number, number] => [0, i === at ? extra : 0]),
        );
  };
  const result = emit(graph, {
    ...product,
    a: grow(product.a, product.transposeA ? -1 : -2, rows - product.rows),
    b: grow(product.b, product.transposeB ? -2 : -1, columns - product.columns),
    rows,
    columns,
  });
  const size = [...result.shape.slice(0, -2), product.rows, product.columns];
  return slice(graph, result, new Array<number>(size.length).fill(0), size);
}

/** Appends the product as one node. */
function emit(graph: Graph, { a, b, transposeA, transposeB, rows, columns }: Product): Value {
  const batch = tf.backend_util.assertAndGetBroadcastShape([...a.shape.slice(0, -2)], [...b.shape.slice(0, -2)]);
  const output = { dtype: 'float32', shape: [...batch, rows, columns] } as const;
  const attributes = { transA: int(Number(transposeA)), transB: int(Number(transposeB)), alpha: float(1) };
  if (a.shape.length === 2 && b.shape.length === 2) return graph.node('Gemm', [a, b], output, attributes);
  return graph.node('FusedMatMul', [a, b], output, attributes, 'com.microsoft');
}

/** Product of two matrices, or of two stacks of matrices; leading axes are broadcast. */
export function matmul(graph: Graph, a: Value, b: Value, { transposeA, transposeB }: Transposes = {}): Value {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    throw new Error(`tfjs-jit: matMul of ${a.dtype} and ${b.dtype} is not covered; cast to float32`);
  }
  const product = {
    ...{ a, b, transposeA: !!transposeA, transposeB: !!transposeB },
    rows: a.shape.at(transposeA ? -1 : -2)!,
    columns: b.shape.at(transposeB ? -2 : -1)!,
  };
  const matrices = Math.max(sizeOf(a.shape.slice(0, -2)), sizeOf(b.shape.slice(0, -2)));
  return matrices >= MOST_THREADS ? emit(graph, product) : threadSafe(graph, product);
}

/** Registers matrix products. */
export function registerMatmul(): void {
  kernel<Required<Transposes>>(tf.BatchMatMul, ({ graph, inputs, attrs }) =>
    matmul(graph, inputs.a!, inputs.b!, attrs),
  );
}
