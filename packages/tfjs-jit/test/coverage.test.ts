import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import '../src/index.js';
import { coveredKernels } from '../src/recorder.js';
import { registerKernels } from '../src/register-kernels.js';
import { cases } from './cases/index.js';
import { withKernelTable } from './kernel-table.js';

registerKernels();
/** Kernels of TensorFlow.js; those of the operators for decoders have their own tests. */
const covered = [...coveredKernels()].filter((name) => !name.startsWith('tfjs-jit/'));

it('every kernel has a case, and every case a kernel', () => {
  const tried = new Set(cases.map(({ kernel }) => kernel));
  expect(covered.filter((name) => !tried.has(name))).toEqual([]);
  expect([...tried].filter((name) => !covered.includes(name))).toEqual([]);
});

it('every kernel with a gradient has a case with gradients', () => {
  const differentiated = new Set(cases.filter(({ slopes }) => slopes).map(({ kernel }) => kernel));
  const differentiable = covered.filter((name) => tf.getGradient(name) !== undefined);
  expect(differentiable.filter((name) => !differentiated.has(name))).toEqual([]);
});

it("the README's table of kernels is up to date", () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(withKernelTable(readme)).toBe(readme);
});
