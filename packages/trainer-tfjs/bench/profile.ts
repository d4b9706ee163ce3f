import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelSpec } from '@branchline/model';
import { Compiled } from '@branchline/tfjs-jit';
import { program } from '../src/decoder.js';
import type { Operation } from './protocol.js';

const RUNS = 9;

/** Record of one call of one node in ONNX Runtime's profile. */
interface Event {
  readonly cat: string;
  readonly name: string;
  /** In microseconds. */
  readonly dur: number;
  readonly args: { readonly op_name: string };
}

/** The median. */
export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Time of a graph that trains one shard, half a batch. */
export interface Profile {
  /** Seconds to trace and compile it. */
  readonly compile: number;
  /** Time of one thread by kind of operation, longest first. */
  readonly operations: readonly Operation[];
}

/** Compiles the graph and runs it with ONNX Runtime's profiler. */
export async function profile(model: ModelSpec, batch: number): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'branchline-profile-'));
  try {
    const began = performance.now();
    const { fn, inputs } = program('train', model, Math.ceil(batch / 2));
    const compiled = await Compiled.create(fn, inputs, { threads: 1, profile: join(folder, 'run') });
    const compile = (performance.now() - began) / 1000;
    const arrays = inputs.map(({ dtype, shape }) => {
      const length = shape.reduce((product, dimension) => product * dimension, 1);
      const value = (i: number) => (dtype === 'int32' ? i % model.vocabulary : 0.02 * Math.sin(i));
      return dtype === 'int32'
        ? Int32Array.from({ length }, (_, i) => value(i))
        : Float32Array.from({ length }, (_, i) => value(i));
    });
    const results = compiled.allocate();
    for (let run = 0; run < RUNS; run++) await compiled.run(arrays, results);
    await compiled.dispose();
    const [file] = await readdir(folder);
    return { compile, operations: summary(JSON.parse(await readFile(join(folder, file!), 'utf8')) as Event[]) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Median time of each node over all runs, summed by kind of operation. */
function summary(events: readonly Event[]): Operation[] {
  const nodes = new Map<string, { kind: string; times: number[] }>();
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
    const node = nodes.get(name) ?? { kind: args.op_name, times: [] };
    node.times.push(dur / 1000);
    nodes.set(name, node);
  }
  const kinds = new Map<string, { calls: number; milliseconds: number }>();
  for (const { kind, times } of nodes.values()) {
    const { calls, milliseconds } = kinds.get(kind) ?? { calls: 0, milliseconds: 0 };
    kinds.set(kind, { calls: calls + 1, milliseconds: milliseconds + median(times) });
  }
  return [...kinds].map(([kind, numbers]) => ({ kind, ...numbers })).sort((a, b) => b.milliseconds - a.milliseconds);
}
