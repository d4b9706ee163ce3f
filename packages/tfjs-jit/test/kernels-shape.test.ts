import { it } from 'vitest';
import { check } from './cases/check.js';
import { shape } from './cases/shape.js';

it('kernels that move elements agree with TensorFlow.js', () => check(shape, 12));
