import { it } from 'vitest';
import { check } from './cases/check.js';
import { products } from './cases/products.js';

it('matrix products give what TensorFlow.js gives', () => check(products, 12));
