import { it } from 'vitest';
import { check } from './cases/check.js';
import { reductions } from './cases/reduce.js';

it('reductions agree with TensorFlow.js', () => check(reductions, 12));
