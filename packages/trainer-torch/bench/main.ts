/**
 * Speed of the torch trainer, against loops of PyTorch without Branchline and against the embedded trainer, as ratios
 * in one run: `npm run bench:torch`. All train the same model; they take turns, on as many threads.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { SequenceSource, Trainer, TrainerState } from '@branchline/core';
import {
  describeModel,
  huggingFaceConfig,
  type ModelSpec,
  modelSchema,
  optimizerSchema,
  parameterCount,
} from '@branchline/model';
import { tfjs } from '@branchline/trainer-tfjs';
import { torch } from '../src/define.ts';
import { choosePython } from '../src/worker/start.ts';

const USAGE = `npm run bench:torch -- [options]
  --threads N      threads of every contender; default: all
  --sizes LIST     of 0.4M, 1M, 3.5M, 10M; default: 1M,3.5M,10M
  --rounds N       turns of each; default: 5
  --seconds N      length of a turn; default: 3`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    threads: { type: 'string', default: String(availableParallelism()) },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '1M,3.5M,10M' },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const threads = Number(values.threads);
const [BATCH, CONTEXT, VOCABULARY] = [16, 128, 257];

const SIZES: Readonly<Record<string, readonly [layers: number, width: number]>> = {
  '0.4M': [3, 96],
  '1M': [5, 128],
  '3.5M': [4, 256],
  '10M': [6, 384],
};

/** Trains some steps and returns the seconds they took. */
interface Contender {
  readonly name: string;
  run(steps: number): Promise<number>;
  stop(): Promise<void>;
}

function source({ context, vocabulary }: ModelSpec): SequenceSource {
  const length = context + 1;
  return {
    context,
    vocabulary,
    read: (ids) =>
      Int32Array.from(
        { length: ids.length * length },
        (_, at) => (31 * ids[Math.floor(at / length)]! + 7 * at) % vocabulary,
      ),
  };
}

async function trainerContender<S extends TrainerState>(name: string, trainer: Trainer<S>): Promise<Contender> {
  const state = await trainer.initialize(1);
  return {
    name,
    async run(steps) {
      const ids = Uint32Array.from({ length: BATCH }, (_, row) => row);
      const batch = { lr: new Float64Array(steps).fill(1e-3), sequences: Array.from({ length: steps }, () => ids) };
      const begun = performance.now();
      for await (const _ of trainer.train(state, batch));
      return (performance.now() - begun) / 1000;
    },
    async stop() {
      state.dispose();
      await trainer.dispose();
    },
  };
}

function loopContender(name: string, spec: ModelSpec, plain: boolean, precision: string): Contender {
  const script = new URL('./loop.py', import.meta.url).pathname;
  const child: ChildProcess = spawn(choosePython(), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const settings = { config: huggingFaceConfig(spec), threads, batch: BATCH, context: CONTEXT, vocabulary: VOCABULARY };
  child.stdin!.write(`${JSON.stringify({ ...settings, plain, precision })}\n`);
  return {
    name,
    async run(steps) {
      child.stdin!.write(`${steps}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error(`${name} ended`);
      return Number(line.value);
    },
    stop: async () => void child.stdin!.end(),
  };
}

const median = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

console.log(`${cpus()[0]!.model}, ${threads} threads; load ${loadavg()[0]!.toFixed(1)}`);
if (loadavg()[0]! > 0.5) console.log('warning: the machine is busy, which slows threads of PyTorch down most');
console.log('Tokens per second, and the median over rounds of ratios to the torch trainer in float32:');
for (const size of values.sizes.split(',')) {
  const [layers, width] = SIZES[size]!;
  const heads = width / 32;
  const spec = modelSchema.parse({ layers, width, heads, context: CONTEXT, vocabulary: VOCABULARY });
  const context = { model: describeModel(spec), optimizer: optimizerSchema.parse({}), data: source(spec) };
  const own = (precision: 'float32' | 'bfloat16') => torch({ threads, precision, device: 'cpu' }).create(context);
  const contenders = [
    await trainerContender('torch trainer, float32', await own('float32')),
    loopContender('bare loop, float32', spec, false, 'float32'),
    loopContender('plain eager loop, float32', spec, true, 'float32'),
    await trainerContender('torch trainer, bfloat16', await own('bfloat16')),
    loopContender('bare loop, bfloat16', spec, false, 'bfloat16'),
    await trainerContender('embedded trainer (jit)', await tfjs({ engine: 'jit', threads }).create(context)),
  ];
  // Warm-up, and the number of steps that a turn takes.
  const steps: number[] = [];
  for (const contender of contenders) {
    await contender.run(2);
    steps.push(Math.max(2, Math.round((2 * Number(values.seconds)) / (await contender.run(2)))));
  }
  const rates: number[][] = contenders.map(() => []);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, contender] of contenders.entries()) {
      rates[index]!.push((steps[index]! * BATCH * CONTEXT) / (await contender.run(steps[index]!)));
    }
  }
  console.log(`\n${size} (${parameterCount(spec)} parameters)`);
  for (const [index, { name }] of contenders.entries()) {
    const ratio = median(rates[index]!.map((rate, round) => rate / rates[0]![round]!));
    console.log(`  ${name.padEnd(28)} ${median(rates[index]!).toFixed(0).padStart(8)}  ${ratio.toFixed(2)}x`);
  }
  for (const contender of contenders) await contender.stop();
}
