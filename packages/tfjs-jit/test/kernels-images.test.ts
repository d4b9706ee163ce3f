import { it } from 'vitest';
import { check } from './cases/check.js';
import { images } from './cases/images.js';

it('kernels for images give what TensorFlow.js gives', () => check(images, 6));
