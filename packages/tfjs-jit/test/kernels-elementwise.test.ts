import { it } from 'vitest';
import { check } from './cases/check.js';
import { elementwise } from './cases/elementwise.js';

it('elementwise kernels agree with TensorFlow.js', () => check(elementwise, 8));
