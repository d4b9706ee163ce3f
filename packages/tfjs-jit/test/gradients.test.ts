import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { build, type Rollup } from 'vite';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostArray, TensorFunction } from '../src/index.js';
import { coveredKernels } from '../src/recorder.js';
import { registerKernels } from '../src/register-kernels.js';
import { difference, given } from './cases/check.js';
import { everything } from './cases/everything.js';
import { cases } from './cases/index.js';
import { eager } from './compare.js';
import { type Argument, numbers } from './numbers.js';

registerKernels();
const covered = [...coveredKernels()];

/** Registered gradients of the covered kernels. */
const registered = () =>
  new Map(covered.flatMap((name) => tf.getGradient(name) ?? []).map((one) => [one.kernelName, one]));

function use(gradients: ReadonlyMap<string, tf.GradConfig>): void {
  for (const name of registered().keys()) tf.unregisterGradient(name);
  for (const gradient of gradients.values()) tf.registerGradient(gradient);
}

const own = registered();
let official: typeof own;

/** Bundles TensorFlow.js's own gradients: its modules import each other without extensions, which Node refuses. */
async function bundle(file: string): Promise<void> {
  const { resolve } = createRequire(import.meta.url);
  const modules = ['register_all_gradients', 'public/chained_ops/register_all_chained_ops'];
  const imports = modules.map((name) => `import ${JSON.stringify(resolve(`@tensorflow/tfjs-core/dist/${name}.js`))};`);
  writeFileSync(file, imports.join('\n'));
  const built = await build({
    ...{ configFile: false, logLevel: 'silent' },
    build: { write: false, minify: false, lib: { entry: file, formats: ['es'] } },
  });
  writeFileSync(file, (built as Rollup.RollupOutput[])[0]!.output[0].code);
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-gradients-'));
  try {
    const file = join(folder, 'gradients.mjs');
    await bundle(file);
    use(new Map());
    await import(pathToFileURL(file).href);
    official = registered();
  } finally {
    rmSync(folder, { recursive: true });
    use(own);
  }
});

/** Results of TensorFlow.js's own gradients; undefined where they throw, as for some broadcasts. */
async function theirs(fn: TensorFunction, args: readonly Argument[]): Promise<HostArray[] | undefined> {
  use(official);
  try {
    return await eager(fn, args);
  } catch {
    return undefined;
  } finally {
    use(own);
  }
}

/** Kernels for which TensorFlow.js's own gradient is wrong. */
const CORRECTED = [tf.Cumsum, tf.MirrorPad];

describe("replacements of TensorFlow.js's own gradients", () => {
  it('exist for every covered kernel that has a gradient there', () => {
    expect([...own.keys()].sort()).toEqual([...official.keys()].sort());
  });

  const kernels = new Set(cases.filter(({ slopes }) => slopes).map(({ kernel }) => kernel));
  it.each([...kernels].filter((kernel) => !CORRECTED.includes(kernel)))('equal the originals: %s', async (kernel) => {
    let compared = 0;
    for (const { slopes } of cases.filter((one) => one.kernel === kernel)) {
      for (const sample of slopes ? fc.sample(slopes, { seed: 1, numRuns: 8 }) : []) {
        const fn = everything(sample, true);
        const expected = await theirs(fn, sample.args);
        const actual = await eager(fn, sample.args);
        if (!expected) continue;
        compared++;
        const problems = expected.map((array, index) => difference(actual[index]!, array));
        expect(problems.filter(Boolean), given(sample.args)).toEqual([]);
      }
    }
    expect(compared).toBeGreaterThan(0);
  });

  const corrected = cases.filter(({ kernel }) => CORRECTED.includes(kernel));
  it.each(corrected.filter(({ slopes }) => slopes))('are derivatives: $call', async ({ slopes }) => {
    for (const { fn, args } of fc.sample(slopes!, { seed: 1, numRuns: 8 })) {
      // These functions are linear, so differences of any size give the exact slope.
      const [before, gradient] = await eager(everything({ fn, args }, true), args);
      const [first] = args;
      const data = first!.data.slice();
      data[data.length >> 1]! += 1;
      const [after] = await eager(everything({ fn, args }, false), [{ ...first!, data }]);

      const weights = numbers(before!.length, 1);
      const slope = weights.reduce((sum, weight, i) => sum + weight * (after![i]! - before![i]!), 0);
      expect(gradient![data.length >> 1]).toBeCloseTo(slope, 4);
    }
  });
});
