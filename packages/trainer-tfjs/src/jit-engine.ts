import { availableParallelism } from 'node:os';
import { Compiled, onnxRuntimeVersion } from '@branchline/tfjs-jit';
import type { Engine } from './engine.js';
import { instructionSet, processorName } from './processor.js';

/** Up to here `tfjs-jit` promises that the number of threads changes no bit. */
export const MOST_THREADS = 32;

/** Compiles programs with ONNX Runtime on the CPU. Rejects where ONNX Runtime's native library cannot be loaded. */
export async function jitEngine(threads = Math.min(MOST_THREADS, availableParallelism())): Promise<Engine> {
  const version = await onnxRuntimeVersion();
  return {
    description: `jit on onnxruntime ${version} (cpu, ${threads} ${threads === 1 ? 'thread' : 'threads'})`,
    device: `cpu: ${processorName()}`,
    units: threads,
    deterministic: true,
    numerics: `jit onnxruntime ${version} float32 ${instructionSet()}`,
    async prepare({ fn, inputs }) {
      const compiled = await Compiled.create(fn, inputs, { threads });
      return {
        run: async (arrays, results) => {
          await compiled.run(arrays, results);
        },
        dispose: () => compiled.dispose(),
      };
    },
  };
}
