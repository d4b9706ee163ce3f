import { it } from 'vitest';
import { check } from './cases/check.js';
import { images } from './cases/images.js';

it('image kernels agree with TensorFlow.js', () => check(images, 6));
