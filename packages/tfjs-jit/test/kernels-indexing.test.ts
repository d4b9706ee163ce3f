import { it } from 'vitest';
import { check } from './cases/check.js';
import { indexing } from './cases/indexing.js';

it('kernels that read and write by index agree with TensorFlow.js', () => check(indexing, 12));
