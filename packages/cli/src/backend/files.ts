/** The files of a backend that are ours, and the places of tfjs-node that are mended. */
import { ADDON } from './plan.js';

/** tfjs-node asks for TensorFlow.js under these names; the entry fills them with the one that runs. */
const CORE_NAMES = ['@tensorflow/tfjs', '@tensorflow/tfjs-core'];

/**
 * Files to write, by path. Kernels and backend register with the TensorFlow.js that the caller hands in, so there is no
 * second one. `tfjs-node/dist/index.js` is passed by: it wants the whole of TensorFlow.js (300 MB) and node-pre-gyp.
 */
export function ownFiles(entry: string): ReadonlyMap<string, string> {
  const register = `'use strict';
/** Registers TensorFlow's native library as backend 'tensorflow' of the TensorFlow.js that is handed in. */
module.exports = function register(core) {
  for (const name of ${JSON.stringify(CORE_NAMES)}) Object.assign(require(name), core);
  const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node/dist/nodejs_kernel_backend');
  const binding = require('./${ADDON}');
  require('@tensorflow/tfjs-node/dist/register_all_kernels');
  core.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'));
};
`;
  return new Map([
    [entry, register],
    ...CORE_NAMES.map(
      (name) => [`node_modules/${name}/index.js`, '// Filled by the entry.\nmodule.exports = {};\n'] as const,
    ),
  ]);
}

/** A place of tfjs-node that no longer works where it is loaded now. */
interface Patch {
  readonly files: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** All patches. The C++ sources need none: they compile against the C API of TensorFlow 2.21 as they are. */
export const PATCHES: readonly Patch[] = [
  {
    // Node 23 has removed util.isArray and util.isNullOrUndefined.
    files: ['nodejs_kernel_backend.js', 'kernels/TopK.js'].map(
      (name) => `node_modules/@tensorflow/tfjs-node/dist/${name}`,
    ),
    from: 'require("util")',
    to: '{ isArray: Array.isArray, isNullOrUndefined: function (value) { return value == null; } }',
  },
];

/** A text with a patch applied. Throws when the place is not there: a new version of tfjs-node must be looked at. */
export function applyPatch(text: string, { from, to }: Patch, file: string): string {
  if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
  return text.replaceAll(from, to);
}
