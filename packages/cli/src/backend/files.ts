/** Our own files in a backend, and patches of tfjs-node. */
import { ADDON } from './plan.js';

/** tfjs-node requires TensorFlow.js by these names; the entry fills them with the running instance. */
const CORE_NAMES = ['@tensorflow/tfjs', '@tensorflow/tfjs-core'];

/**
 * Our files, by path. Kernels and backend register with the TensorFlow.js that the caller passes, so there is only one
 * instance. `tfjs-node/dist/index.js` is bypassed: it requires all of TensorFlow.js (300 MB) and node-pre-gyp.
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

/** A replacement in a file of tfjs-node that no longer works. */
interface Patch {
  readonly files: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** All patches. The C++ sources need none: they compile against the C API of TensorFlow 2.21. */
export const PATCHES: readonly Patch[] = [
  {
    // Node 23 removed util.isArray and util.isNullOrUndefined.
    files: ['nodejs_kernel_backend.js', 'kernels/TopK.js'].map(
      (name) => `node_modules/@tensorflow/tfjs-node/dist/${name}`,
    ),
    from: 'require("util")',
    to: '{ isArray: Array.isArray, isNullOrUndefined: function (value) { return value == null; } }',
  },
];

/** Applies a patch. Throws if the text lacks the place: the patch must be reviewed for a new version of tfjs-node. */
export function applyPatch(text: string, { from, to }: Patch, file: string): string {
  if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`);
  return text.replaceAll(from, to);
}
