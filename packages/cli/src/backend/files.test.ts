import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runInThisContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { applyPatch, ownFiles, PATCHES } from './files.js';
import { ADDON } from './plan.js';

const folder = mkdtempSync(join(tmpdir(), 'branchline-backend-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe('ownFiles', () => {
  it('make an entry that binds tfjs-node to the given TensorFlow.js', () => {
    for (const [path, text] of ownFiles('register.cjs')) write(path, text);
    // A fake addon with the same use of TensorFlow.js as tfjs-node: it registers a backend and extends a class.
    const dist = 'node_modules/@tensorflow/tfjs-node/dist';
    write(
      `${dist}/nodejs_kernel_backend.js`,
      "const tf = require('@tensorflow/tfjs');\n" +
        'exports.NodeJSKernelBackend = class extends tf.KernelBackend { constructor(binding) { super(); this.binding = binding; } };',
    );
    write(`${dist}/register_all_kernels.js`, "require('@tensorflow/tfjs-core').registerKernel('Abs');");
    const require = createRequire(join(folder, 'x.js'));
    require.cache[join(folder, ADDON)] = { exports: 'the addon', loaded: true } as NodeJS.Module;
    write(ADDON, '');

    class KernelBackend {}
    const kernels: string[] = [];
    const backends = new Map<string, () => unknown>();
    const core = {
      KernelBackend,
      registerKernel: (name: string) => kernels.push(name),
      registerBackend: (name: string, make: () => unknown) => backends.set(name, make),
    };
    (require('./register.cjs') as (given: typeof core) => void)(core);
    expect(kernels).toEqual(['Abs']);
    const backend = backends.get('tensorflow')!();
    expect(backend).toBeInstanceOf(KernelBackend);
    expect(backend).toMatchObject({ binding: 'the addon' });
  });
});

describe('applyPatch', () => {
  const [patch] = PATCHES as [(typeof PATCHES)[number]];

  it('replaces functions that Node 23 removed', () => {
    const source = 'var util_1 = require("util");\n[util_1.isArray([]), util_1.isNullOrUndefined(0)].join();';
    expect(runInThisContext(applyPatch(source, patch, 'a.js'))).toBe('true,false');
  });

  it('refuses a file that it was not written for', () => {
    expect(() => applyPatch('var util = 1;', patch, 'a.js')).toThrow('a.js does not contain require("util")');
  });
});
