/**
 * The jit on WebGPU, where there is a driver: of a GPU, or a software driver such as Chromium's
 * (`apt-get install chromium libvulkan1`).
 */
import { modelSchema, optimizerSchema } from '@branchline/model';
import { afterAll, describe, expect, it } from 'vitest';
import { bytes, create, distance, saved, source, steps, tiny, train } from '../test/fixtures.js';
import { useSoftwareVulkan } from '../test/software-vulkan.js';
import { tryEngines } from './candidates.js';
import { DeviceEvaluation, DeviceTraining } from './device-training.js';
import { gpuEngine } from './gpu-engine.js';
import type { TfjsState } from './state.js';

useSoftwareVulkan();

/** Undefined when it works here. */
const refusal = await gpuEngine('webgpu').then(
  () => undefined,
  (error: unknown) => String(error),
);
if (refusal !== undefined) console.warn(`SKIPPED: all tests of the jit on WebGPU. ${refusal}`);

// A software driver on busy cores takes long to compile.
describe.skipIf(refusal !== undefined)('WebGPU', { timeout: 240_000 }, () => {
  const options = { engine: 'jit', device: 'webgpu' } as const;
  const open: { dispose(): Promise<void> }[] = [];
  const kept = <T extends { dispose(): Promise<void> }>(one: T): T => {
    open.push(one);
    return one;
  };
  afterAll(async () => {
    for (const one of open) await one.dispose();
  });

  it('agrees with the processor on logits, and over some steps on losses and the state', async () => {
    // Wide enough for the kernels that read four elements at once.
    const spec = modelSchema.parse({ layers: 1, width: 64, heads: 4, kvHeads: 2, context: 32, vocabulary: 257 });
    const [gpu, cpu] = [kept(await create(options, spec)), kept(await create({ engine: 'jit' }, spec))];
    const [a, b] = [await gpu.initialize(1), await cpu.initialize(1)];
    const tokens = source(spec).read(Uint32Array.of(7)).subarray(0, spec.context);
    expect(distance(await gpu.logits(a, tokens), await cpu.logits(b, tokens))).toBeLessThan(1e-4);
    const [found, expected] = [await train(gpu, a, steps(5, 4)), await train(cpu, b, steps(5, 4))];
    for (const metric of ['loss', 'gradNorm'] as const) {
      const of = (metrics: typeof found) => metrics.map((step) => step[metric]);
      expect(distance(of(found), of(expected)), metric).toBeLessThan(1e-3);
    }
    for (const slot of ['weights', 'first', 'second'] as const) {
      expect(distance(a[slot], b[slot]), slot).toBeLessThan(1e-3);
    }
    expect(a.step).toBe(5);
  });

  it('stops before a step that diverges, with the state before it', async () => {
    const trainer = kept(await create(options));
    const state = await trainer.initialize(1);
    await train(trainer, state, steps(1, 4));
    state.weights[0] = Number.NaN;
    const before = bytes(state.weights);
    await expect(train(trainer, state, steps(1, 4))).rejects.toThrow('the model diverged: step 2');
    expect(bytes(state.weights)).toBe(before);
    expect(state.step).toBe(1);
  });

  it('continues from a saved state', async () => {
    const trainer = kept(await create(options));
    const [whole, parts] = [await trainer.initialize(1), await trainer.initialize(1)];
    await train(trainer, whole, steps(4, 4));
    await train(trainer, parts, steps(2, 4));
    const restored = await trainer.restore(await saved(trainer, parts));
    await train(trainer, restored, steps(2, 4, 8));
    expect(distance(restored.weights, whole.weights)).toBeLessThan(1e-4);
    expect(restored.step).toBe(4);
  });

  describe('with the state on the device', () => {
    const spec = tiny;
    const optimizer = optimizerSchema.parse({});

    /** Trains some steps as the trainer does, without a release. */
    const run = async (training: DeviceTraining, state: TfjsState, count: number) => {
      const { lr, sequences } = steps(count, 4, 4 * state.step);
      for (const [index, ids] of sequences.entries()) {
        training.batch.weigh();
        training.batch.fill(source(spec), ids);
        const gradNorm = await training.gradient(state);
        await training.update({ lr: lr[index]!, gradNorm, step: ++state.step });
      }
    };

    it('trains the same; evaluations see the new state at once, host memory after the release', async () => {
      const cpu = kept(await create({ engine: 'jit' }));
      const [expected, state] = [await cpu.initialize(1), await cpu.initialize(1)];
      await train(cpu, expected, steps(6, 4));
      const training = kept(await DeviceTraining.create(spec, optimizer, 4));
      const evaluation = kept(await DeviceEvaluation.create(spec, 4));
      const losses = async () => {
        evaluation.batch.fill(source(spec), Uint32Array.of(90, 91, 92, 93));
        await evaluation.run(state);
        await evaluation.release();
        return evaluation.batch.nll.slice();
      };
      const before = bytes(state.weights);
      const fresh = await losses();
      await run(training, state, 6);
      expect(bytes(state.weights)).toBe(before);
      const trained = await losses();
      expect(distance(trained, fresh)).toBeGreaterThan(0.01);
      await training.release();
      for (const slot of ['weights', 'first', 'second'] as const) {
        expect(distance(state[slot], expected[slot]), slot).toBeLessThan(1e-3);
      }
      expect(distance(await losses(), trained)).toBeLessThan(1e-5);
    });

    it('alternates between states, and a gradient without an update changes nothing', async () => {
      const trainer = kept(await create({ engine: 'jit' }));
      const [a, b, alone] = [await trainer.initialize(1), await trainer.initialize(2), await trainer.initialize(1)];
      const training = kept(await DeviceTraining.create(spec, optimizer, 4));
      await run(training, alone, 3);
      await training.release();
      for (let step = 0; step < 3; step++) {
        await run(training, a, 1);
        await training.gradient(b);
        await run(training, b, 1);
      }
      await training.gradient(a);
      await training.release();
      expect(distance(a.weights, alone.weights)).toBeLessThan(1e-4);
      expect(distance(a.second, alone.second)).toBeLessThan(1e-4);
    });

    it('does not touch a state that was disposed of', async () => {
      const trainer = kept(await create({ engine: 'jit' }));
      const state = await trainer.initialize(1);
      const training = kept(await DeviceTraining.create(spec, optimizer, 4));
      await run(training, state, 1);
      state.dispose();
      await training.release();
      expect(state.weights).toHaveLength(0);
    });
  });

  it('describes the device, and is not called deterministic', async () => {
    const info = kept(await create(options)).describe();
    expect(info).toMatchObject({ deterministic: false, precision: 'float32' });
    expect(info.device).toMatch(/^webgpu/);
    expect(info.numerics).toContain('webgpu');
  });

  it('is skipped by auto without a graphics processor', async () => {
    const attempt = (await tryEngines(1, 'all')).find(({ name }) => name === 'jit on WebGPU')!;
    expect(attempt.engine).toBeDefined();
    if (process.env.VK_ICD_FILENAMES?.includes('swiftshader')) {
      expect(attempt.passedOver).toContain('graphics processor');
    }
  });
});

it('CUDA is refused in one line with a remedy, where it does not work', async () => {
  const { engine, refusal: reason, remedy } = (await tryEngines(1, 'all')).find(({ name }) => name === 'jit on CUDA')!;
  if (engine !== undefined) return;
  expect(reason).toMatch(/CUDA|cuda/);
  expect(reason).not.toContain('\n');
  expect(remedy).toBeTruthy();
});
