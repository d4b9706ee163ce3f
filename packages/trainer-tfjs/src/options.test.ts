import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contextOf, steps, tiny, train } from '../test/fixtures.js';
import { automaticEngine, tryEngines } from './candidates.js';
import { chooseEngine } from './choose-engine.js';
import { tfjs } from './define.js';
import { tfjsTrainerOptions } from './options.js';

const issues = (input: unknown) =>
  tfjsTrainerOptions.safeParse(input).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('tfjsTrainerOptions', () => {
  it('refuses options that would have no effect', () => {
    expect(issues({})).toEqual([]);
    expect(issues({ engine: 'jit', backend: 'wasm' })).toEqual(['backend: belongs to engine "eager", not "jit"']);
    expect(issues({ engine: 'eager', threads: 2 })).toEqual(['threads: belongs to engine "jit", not "eager"']);
    expect(issues({ device: 'webgpu' })).toEqual(['device: belongs to engine "jit", not "auto"']);
    expect(issues({ engine: 'jit', device: 'webgpu', threads: 2 })).toEqual([
      'threads: belongs to device "cpu", not "webgpu"',
    ]);
    expect(issues({ engine: 'jit', device: 'auto', threads: 2 })).toEqual([]);
    expect(issues({ thread: 2 }).join()).toContain('thread');
  });

  it('describes every key', () => {
    const { properties } = z.toJSONSchema(tfjsTrainerOptions, { io: 'input' });
    for (const [key, value] of Object.entries(properties ?? {})) {
      expect((value as { description?: string }).description, key).toBeTruthy();
    }
  });

  it('is checked before a trainer is made', async () => {
    const made = tfjs({ engine: 'jit', backend: 'wasm' }).create(contextOf(tiny));
    await expect(made).rejects.toThrow('trainer tfjs: options.backend: belongs to engine "eager", not "jit"');
  });
});

describe('engines', () => {
  const NAMES = ['eager on tensorflow', 'jit on CUDA', 'jit on WebGPU', 'jit on CPU', 'eager on wasm', 'eager on cpu'];

  it('auto takes the first that works and is not skipped, and says why not the ones before', async () => {
    const attempts = await tryEngines(1);
    expect(attempts.map(({ name }) => name)).toEqual(NAMES.slice(0, attempts.length));
    // On a machine with a GPU it is an earlier one.
    expect(attempts.length).toBeLessThanOrEqual(4);
    for (const { refusal, passedOver } of attempts.slice(0, -1)) expect(refusal ?? passedOver).toBeTruthy();
    expect(automaticEngine(attempts)).toBe(attempts.at(-1));
    expect((await chooseEngine({ threads: 1 })).description).toBe(attempts.at(-1)!.engine!.description);
  });

  it('device auto takes the first jit engine', async () => {
    const attempts = await tryEngines(1, 'jit');
    expect(attempts.map(({ name }) => name)).toEqual(NAMES.slice(1, 1 + attempts.length));
    const chosen = await chooseEngine({ engine: 'jit', device: 'auto', threads: 1 });
    expect(chosen.description).toBe(automaticEngine(attempts)!.engine!.description);
  });

  it('all can be listed: each works, or has a reason and a remedy', async () => {
    const attempts = await tryEngines(1, 'all');
    expect(attempts.map(({ name }) => name)).toEqual(NAMES);
    for (const { engine, refusal, remedy, passedOver } of attempts) {
      expect(engine === undefined).toBe(refusal !== undefined);
      expect(remedy === undefined).toBe(refusal === undefined);
      if (passedOver !== undefined) expect(engine).toBeDefined();
      expect(refusal ?? '').not.toContain('\n');
    }
    expect(automaticEngine(attempts)!.name).toBe((await tryEngines(1)).at(-1)!.name);
    expect(attempts.at(-1)!.passedOver).toContain('slowest');
  });

  it('match the options of their attempts', async () => {
    for (const { engine, options } of await tryEngines(1, 'all')) {
      if (engine === undefined) continue;
      const threads = options.engine === 'jit' ? { threads: 1 } : {};
      expect((await chooseEngine({ ...options, ...threads })).description).toBe(engine.description);
    }
  });

  it('keep the backend that the caller has selected', async () => {
    const cpu = await tfjs({ engine: 'eager', backend: 'cpu' }).create(contextOf(tiny));
    await tf.setBackend('cpu');
    for (const trainer of [
      cpu,
      await tfjs({ engine: 'eager' }).create(contextOf(tiny)),
      await tfjs().create(contextOf(tiny)),
    ]) {
      await train(trainer, await trainer.initialize(1), steps(1, 1));
      expect(tf.getBackend()).toBe('cpu');
      await trainer.dispose();
    }
  });

  it('check the data against the model', async () => {
    const context = contextOf(tiny);
    const data = { ...context.data, context: 9 };
    await expect(tfjs({ engine: 'jit' }).create({ ...context, data })).rejects.toThrow('the data a context of 9');
  });
});
