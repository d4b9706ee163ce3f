import type { Case } from './case.js';
import { elementwise } from './elementwise.js';
import { images } from './images.js';
import { indexing } from './indexing.js';
import { products } from './products.js';
import { reductions } from './reduce.js';
import { shape } from './shape.js';

/** Cases of all covered kernels of TensorFlow.js. */
export const cases: readonly Case[] = [...elementwise, ...reductions, ...shape, ...indexing, ...products, ...images];
