import { it } from 'vitest';
import { check } from './cases/check.js';
import { reductions } from './cases/reduce.js';

it('reductions give what TensorFlow.js gives', () => check(reductions, 12));
