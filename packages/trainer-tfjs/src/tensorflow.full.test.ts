/** The tensorflow backend, if it is installed: `npx branchline backend install tensorflow`. */
import { modelSchema } from '@branchline/model';
import { createTrainerTester } from '@branchline/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { testEngine } from '../test/engine-suite.js';
import { create, distance, source, steps, train } from '../test/fixtures.js';
import { kitInput } from '../test/kit.js';
import { eagerEngine } from './eager-engine.js';

const options = { engine: 'eager', backend: 'tensorflow' } as const;

/** Undefined when it works here. */
const refusal = await eagerEngine('tensorflow').then(
  () => undefined,
  (error: unknown) => String(error),
);

if (refusal !== undefined) console.warn(`SKIPPED: all tests of the tensorflow backend. ${refusal}`);

describe.skipIf(refusal !== undefined)('tensorflow', () => {
  testEngine('eager on tensorflow', options);

  createTrainerTester(...kitInput('tfjs on tensorflow', options)).register({ describe, it });

  describe('the tensorflow backend', () => {
    it('has the logits of the jit, before and after training', async () => {
      const larger = modelSchema.parse({ layers: 2, width: 96, heads: 4, context: 64, vocabulary: 257 });
      const [tensorflow, jit] = [await create(options, larger), await create({ engine: 'jit' }, larger)];
      const [a, b] = [await tensorflow.initialize(1), await jit.initialize(1)];
      const tokens = source(larger).read(Uint32Array.of(3)).subarray(0, larger.context);
      for (const count of [0, 5]) {
        await train(tensorflow, a, steps(count, 4));
        await train(jit, b, steps(count, 4));
        const difference = distance(await tensorflow.logits(a, tokens), await jit.logits(b, tokens));
        expect(difference, `after ${count} steps`).toBeLessThan(1e-4);
      }
      await Promise.all([tensorflow.dispose(), jit.dispose()]);
    });

    it('keeps no more tensors after fifty steps than after one, on either side', async () => {
      const trainer = await create(options);
      const state = await trainer.initialize(1);
      await train(trainer, state, steps(1, 4));
      const { binding } = tf.findBackend('tensorflow') as unknown as { binding: { getNumOfTensors(): number } };
      const count = () => ({ tfjs: tf.memory().numTensors, tensorflow: binding.getNumOfTensors() });
      const before = count();
      await train(trainer, state, steps(50, 4));
      expect(count()).toEqual(before);
      await trainer.dispose();
    });

    it('reports the version of TensorFlow, and a GPU only if TensorFlow lists one', async () => {
      const trainer = await create(options);
      const { engine, device, numerics, deterministic } = trainer.describe();
      const { isUsingGpuDevice, binding } = tf.findBackend('tensorflow') as unknown as {
        isUsingGpuDevice: boolean;
        binding: { TF_Version: string };
      };
      expect(binding.TF_Version).toMatch(/^\d+\.\d+\.\d+/);
      expect(engine).toContain(`tensorflow ${binding.TF_Version}`);
      expect(numerics).toContain(`tensorflow ${binding.TF_Version} ${isUsingGpuDevice ? 'cuda' : 'cpu'}`);
      expect(device).toMatch(isUsingGpuDevice ? /^cuda$/ : /^cpu: /);
      expect(deterministic).toBe(false);
      await trainer.dispose();
    });
  });
});
