/** Worker thread: computes shards of batches and its range of the optimizer step. */
import { parentPort } from 'node:worker_threads';
import type { HostArray } from '@branchline/tfjs-jit';
import { Session } from '@branchline/tfjs-jit/session';
import { adamw } from '../optimizer/adamw.js';
import { add, squaresOf } from '../optimizer/gradient.js';
import type { Slots } from '../optimizer/vector.js';
import { arraysOf, type Load, PIECE, pieceOf, type Reply, type Request, sizeOf } from './protocol.js';

/** A shard with the arrays that ONNX Runtime reads and writes: not shared, because it accepts no shared memory. */
interface Call {
  readonly shared: readonly HostArray[];
  readonly inputs: readonly HostArray[];
  readonly results: readonly HostArray[];
  readonly nll: Float32Array;
}

interface Program {
  readonly load: Load;
  readonly session: Session;
  /** A copy, which programs of models of the same size share. */
  readonly weights: Float32Array;
  readonly calls: readonly Call[];
  /** Gradient of each call; zeros if there is no call. The others are added to the first, which programs share. */
  readonly gradients: readonly [Float32Array, ...Float32Array[]];
  slots: Slots | undefined;
}

const programs = new Map<number, Program>();

async function open(load: Load): Promise<Program> {
  const { model, data, shards, threads } = load;
  const parameters = model.inputs.slice(data);
  // Every run writes all weights, and all of the gradient, before it reads them.
  const others = [...programs.values()].filter((other) => other.weights.length === sizeOf(parameters));
  const weights = others[0]?.weights ?? new Float32Array(sizeOf(parameters));
  const views = arraysOf(weights, parameters);
  const size = load.optimizer ? weights.length : 0;
  const first = others.find(({ gradients }) => gradients[0].length === size)?.gradients[0] ?? new Float32Array(size);
  const gradients = [first, ...shards.slice(1).map(() => new Float32Array(size))] as const;
  const calls = shards.map(({ inputs, nll }, index): Call => {
    const outputs = arraysOf(gradients[index]!, model.outputs.slice(1));
    const own = inputs.map((array) => array.slice());
    return { shared: inputs, inputs: [...own, ...views], results: [new Float32Array(nll.length), ...outputs], nll };
  });
  const session = await Session.create(model, { threads });
  return { load, session, weights, calls, gradients, slots: undefined };
}

/** Computes the shards of this worker, and passes the first pieces of the gradient to the other workers. */
async function run(program: Program): Promise<void> {
  const { load, session, weights, calls, gradients, slots } = program;
  weights.set(slots!.weights);
  for (const { shared, inputs, results, nll } of calls) {
    shared.forEach((array, index) => {
      inputs[index]!.set(array);
    });
    await session.run(inputs, results);
    nll.set(results[0] as Float32Array);
  }
  if (!load.optimizer) return;
  const [sum, ...others] = gradients;
  if (calls.length === 0) sum.fill(0);
  for (const other of others) add(sum, other, { from: 0, to: sum.length });
  pass(program, 0);
}

/** Writes the pieces of a round that other workers sum. */
function pass({ load, gradients: [sum] }: Program, round: number): void {
  const { exchange, ranges } = load.optimizer!;
  const target = exchange[round % 2]![load.worker];
  ranges.forEach((range, worker) => {
    if (worker === load.worker) return;
    const { from, to } = pieceOf(range, round);
    target!.set(sum.subarray(from, to), worker * PIECE);
  });
}

/** Sums the pieces of all workers in the range of this one, and passes those of the next round. */
function gather(program: Program, round: number): void {
  const { load, gradients } = program;
  const { exchange, ranges, squares } = load.optimizer!;
  const arrays = exchange[round % 2]!;
  const [sum] = gradients;
  const range = ranges[load.worker]!;
  const { from, to } = arrays.length === 0 ? range : pieceOf(range, round);
  arrays.forEach((array, worker) => {
    if (worker === load.worker) return;
    const other = array.subarray(load.worker * PIECE, (load.worker + 1) * PIECE);
    add(sum.subarray(from, to), other, { from: 0, to: to - from });
  });
  squaresOf(sum, squares, { from, to });
  pass(program, round + 1);
}

async function handle(request: Request): Promise<void> {
  if (request.kind === 'load') {
    programs.set(request.program, await open(request));
    return;
  }
  const program = programs.get(request.program);
  if (!program) throw new Error(`trainer-tfjs: this worker has no program ${request.program}`);
  switch (request.kind) {
    case 'bind':
      program.slots = request.slots;
      return;
    case 'run':
      return run(program);
    case 'gather':
      return gather(program, request.round);
    case 'update': {
      const { segments, spec, ranges } = program.load.optimizer!;
      return adamw(program.slots!, program.gradients[0], segments, spec, request.step, ranges[program.load.worker]);
    }
    case 'unload':
      programs.delete(request.program);
      await program.session.dispose();
  }
}

parentPort!.on('message', (request: Request) => {
  handle(request).then(
    () => parentPort!.postMessage({} satisfies Reply),
    (error: unknown) => {
      parentPort!.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies Reply);
    },
  );
});
