import { Compiled, onnxRuntimeVersion } from '@branchline/tfjs-jit';
import type { Engine } from './engine.js';
import { mostThreads } from './options.js';
import { Pool } from './parallel/pool.js';
import { divide, Sharded } from './parallel/sharded.js';
import { instructionSet, processorName } from './processor.js';

/** Compiles programs with ONNX Runtime for the CPU. Rejects if ONNX Runtime's native library cannot be loaded. */
export async function jitEngine(threads = mostThreads()): Promise<Engine> {
  const version = await onnxRuntimeVersion();
  const { workers, each } = divide(threads);
  const units = workers * each;
  let pool: Pool | undefined;
  let programs = 0;
  const open = () => (pool ??= new Pool(workers));
  return {
    description: `jit on onnxruntime ${version} (cpu, ${units} ${units === 1 ? 'thread' : 'threads'})`,
    device: `cpu: ${processorName()}`,
    units,
    lanes: units,
    deterministic: true,
    numerics: `jit onnxruntime ${version} float32 ${instructionSet()}`,
    processor: instructionSet(),
    async prepare({ fn, inputs }) {
      const compiled = await Compiled.create(fn, inputs, { threads });
      return {
        run: async (arrays, results) => {
          await compiled.run(arrays, results);
        },
        dispose: () => compiled.dispose(),
      };
    },
    training: (spec, optimizer, sequences, teaching) =>
      Sharded.create(open(), programs++, each, spec, sequences, { optimizer, ...(teaching && { teaching }) }),
    evaluation: (spec, sequences) => Sharded.create(open(), programs++, each, spec, sequences),
    async dispose() {
      await pool?.dispose();
      pool = undefined;
    },
  };
}
