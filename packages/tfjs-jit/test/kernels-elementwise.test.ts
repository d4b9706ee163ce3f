import { it } from 'vitest';
import { check } from './cases/check.js';
import { elementwise } from './cases/elementwise.js';

it('elementwise kernels give what TensorFlow.js gives', () => check(elementwise, 8));
