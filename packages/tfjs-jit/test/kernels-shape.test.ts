import { it } from 'vitest';
import { check } from './cases/check.js';
import { shape } from './cases/shape.js';

it('kernels that move elements give what TensorFlow.js gives', () => check(shape, 12));
