/** Runs one engine in its own process: reads requests and writes replies, one JSON object per line. */
import { createInterface } from 'node:readline';
import { jit } from '@branchline/tfjs-jit';
import * as tf from '@tensorflow/tfjs-core';
import { type TfjsTrainer, tfjs } from '../src/index.js';
import type { TfjsState } from '../src/state.js';
import { contextOf, steps } from '../test/fixtures.js';
import { median, profile } from './profile.js';
import type { LoadOptions, Request, StepsAnswer } from './protocol.js';

/** Milliseconds; with one thread, of the processor, which do not pass while other processes run. */
function now(threads: number): number {
  if (threads > 1) return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** GFLOP/s of the product of a `rows x inner` and an `inner x columns` matrix: median of several, after a warm-up. */
async function gemm([rows, inner, columns]: readonly [number, number, number], threads: number): Promise<number> {
  const product = await jit((a, b) => tf.matMul(a, b), { threads }).compile(
    { dtype: 'float32', shape: [rows, inner] },
    { dtype: 'float32', shape: [inner, columns] },
  );
  const fill = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i));
  const inputs = [fill(rows * inner), fill(inner * columns)];
  const results = product.allocate();
  const times: number[] = [];
  for (let i = 0; i < 13; i++) {
    const began = now(threads);
    await product.run(inputs, results);
    if (i > 1) times.push(now(threads) - began);
  }
  await product.dispose();
  return (2 * rows * inner * columns) / median(times) / 1e6;
}

let trainer: TfjsTrainer | undefined;
let state: TfjsState | undefined;
let batch = 0;
let first = 0;

async function load({ model, batch: sequences, options }: LoadOptions): Promise<object> {
  const began = performance.now();
  await trainer?.dispose();
  trainer = await tfjs(options).create(contextOf(model));
  state = await trainer.initialize(1);
  batch = sequences;
  await train(1);
  return { seconds: (performance.now() - began) / 1000 };
}

async function train(count: number): Promise<StepsAnswer> {
  const began = performance.now();
  const work = steps(count, batch, first, 1e-4);
  first += count * batch;
  for await (const _ of trainer!.train(state!, work));
  const seconds = (performance.now() - began) / 1000;
  return { seconds, peakMiB: process.resourceUsage().maxRSS / 1024 };
}

async function answer(request: Request): Promise<object> {
  if ('load' in request) return load(request.load as unknown as LoadOptions);
  if ('steps' in request) return train(request.steps);
  if ('profile' in request) return profile(request.profile.model, request.profile.batch);
  return { gflops: await gemm(request.gemm, Number(process.argv[2])) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line) as Request).catch((error: unknown) => ({
    error: error instanceof Error ? error.message.split('\n')[0] : String(error),
  }));
  process.stdout.write(`\n${JSON.stringify(reply)}\n`);
}
await trainer?.dispose();
