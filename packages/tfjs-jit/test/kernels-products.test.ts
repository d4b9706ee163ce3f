import { it } from 'vitest';
import { check } from './cases/check.js';
import { products } from './cases/products.js';

it('matrix products agree with TensorFlow.js', () => check(products, 12));
