/** What a comparison depends on: the processor, the rates of its libraries, and what else runs. */
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { choosePython } from '../src/worker/start.ts';
import { LineProcess } from './line-process.ts';

/** Processor and threads. Warns on standard error when other processes are busy. */
export function describeMachine(threads: number): string {
  const [load] = loadavg() as [number];
  if (load > 0.5) {
    console.error(
      `warning: the machine is busy (load ${load.toFixed(1)}). Threads of PyTorch wait for each other, so other ` +
        'processes slow it down more than other libraries, and its ratios flatter those. Repeat on an idle machine.',
    );
  }
  return `${cpus()[0]!.model.trim()}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, load ${load.toFixed(1)}`;
}

/** The option of both benches that measures processor time. Ends the process when it cannot be used. */
export function usesProcessorTime(time: string, threads: number): boolean {
  if (time === 'wall') return false;
  if (time === 'processor' && threads === 1 && process.platform === 'linux') return true;
  console.error('--time is wall, or on Linux with --threads 1 also processor');
  process.exit(2);
}

/** Rows and columns of the matrices whose product is measured. */
const SIZE = 1024;

/** GFLOP/s a thread of the product of two large matrices in each library; undefined where it has none. */
export async function productRates(threads: number): Promise<ReadonlyMap<string, number | undefined>> {
  const rates = new Map<string, number | undefined>();
  const loops = LineProcess.start(choosePython(), [fileURLToPath(new URL('loop.py', import.meta.url))]);
  const { products } = await loops.ask<{ products: Record<string, number | null> }>({ products: SIZE, threads });
  loops.stop();
  for (const [name, rate] of Object.entries(products)) rates.set(name, rate === null ? undefined : rate / threads);
  const engines = fileURLToPath(new URL('../../trainer-tfjs/bench/process.ts', import.meta.url));
  const jit = LineProcess.start(process.execPath, [...process.execArgv, engines, String(threads)]);
  const { gflops } = await jit.ask<{ gflops?: number }>({ gemm: [SIZE, SIZE, SIZE] });
  jit.stop();
  rates.set('ONNX Runtime (the jit), float32', gflops === undefined ? undefined : gflops / threads);
  return rates;
}

/** A table of product rates. */
export const ratesTable = (rates: ReadonlyMap<string, number | undefined>): string =>
  [
    '| matrix products | GFLOP/s a thread |',
    '|---|---|',
    ...[...rates].map(([name, rate]) => `| ${name} | ${rate === undefined ? 'not available' : rate.toFixed(0)} |`),
  ].join('\n');
