/** Starts workers, and keeps idle ones for the next trainer: importing PyTorch takes seconds. */
import { delimiter, resolve, sep } from 'node:path';
import { z } from 'zod';
import { TRANSFORMERS, type WorkerEngine } from './engine.js';
import { TorchError } from './errors.js';
import { WorkerProcess } from './process.js';

/** Version of the messages. Both sides refuse another one. */
const PROTOCOL = 1;

/** How long an idle worker is kept. */
const KEPT_MS = 60_000;

const helloSchema = z.object({
  protocol: z.literal(PROTOCOL),
  worker: z.string(),
  pid: z.int(),
  python: z.string(),
  torch: z.string(),
  /** Absent: the engine is another library. */
  transformers: z.string().optional(),
});

/** What a worker says of itself. */
export type Hello = z.infer<typeof helloSchema>;

/** A worker that answered. */
export interface Worker {
  readonly process: WorkerProcess;
  readonly hello: Hello;
  readonly python: string;
  readonly processes: number;
  readonly engine: WorkerEngine;
}

/** Which worker is needed. */
export interface WorkerWanted {
  readonly python?: string | undefined;
  /** Seconds without a sign of it after which it is stopped. */
  readonly timeout: number;
  /** How many train a model together. Default 1. */
  readonly processes?: number;
  /** Default: models of transformers. */
  readonly engine?: WorkerEngine;
}

const idle: Worker[] = [];

/** The Python that an experiment uses: the named one, that of the installed environment, or the one on the PATH. */
export function choosePython(named?: string, engine = TRANSFORMERS): string {
  // The worker runs in another folder.
  if (named !== undefined) return named.includes('/') || named.includes(sep) ? resolve(named) : named;
  return engine.installedPython() ?? 'python3';
}

/** A worker for one trainer. Rejects with a TorchError (`environment`) when PyTorch cannot be used. */
export async function acquireWorker(wanted: WorkerWanted): Promise<Worker> {
  const { python: named, timeout, processes = 1, engine = TRANSFORMERS } = wanted;
  const python = choosePython(named, engine);
  const fits = (worker: Worker) =>
    worker.engine === engine && worker.python === python && worker.processes === processes;
  const at = idle.findIndex((worker) => fits(worker) && worker.process.isAlive);
  const [known] = at === -1 ? [] : idle.splice(at, 1);
  return known ?? start(python, timeout, processes, engine);
}

/** Gives a worker back. It is kept for a while. */
export function releaseWorker(worker: Worker): void {
  if (!worker.process.isAlive) return;
  idle.push(worker);
  setTimeout(() => {
    const at = idle.indexOf(worker);
    if (at === -1) return;
    idle.splice(at, 1);
    worker.process.kill();
  }, KEPT_MS).unref();
}

/** What the worker of a Python says of itself; rejects as `acquireWorker` does. */
export async function tryWorker(named?: string, timeout = 120, engine = TRANSFORMERS): Promise<Hello> {
  const worker = await acquireWorker({ python: named, timeout, engine });
  releaseWorker(worker);
  return worker.hello;
}

async function start(python: string, timeout: number, processes: number, engine: WorkerEngine): Promise<Worker> {
  const { env } = process;
  const several = processes > 1 ? ['--processes', String(processes), '--timeout', String(timeout)] : [];
  const child = new WorkerProcess({
    program: python,
    args: ['-m', engine.module, 'serve', '--parent', String(process.pid), ...several],
    // A folder named torch where the user stands must not hide the library.
    cwd: engine.folders[0]!,
    env: {
      ...env,
      PYTHONPATH: [...engine.folders, ...(env.PYTHONPATH ? [env.PYTHONPATH] : [])].join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      // Models come from the experiment, never from a network.
      HF_HUB_OFFLINE: '1',
      TRANSFORMERS_VERBOSITY: 'error',
    },
    trainer: engine.trainer,
  });
  try {
    return { process: child, python, processes, engine, hello: await handshake(child, timeout, engine) };
  } catch (error) {
    child.kill();
    if (!(error instanceof TorchError)) throw error;
    const [problem] = error.problems;
    const message = problem!.message.replace(`${engine.trainer}: `, '');
    throw new TorchError(
      ...(['environment', `${engine.library} cannot be used: ${message}`, engine.remedy, engine.trainer] as const),
    );
  }
}

async function handshake(child: WorkerProcess, timeout: number, { trainer }: WorkerEngine): Promise<Hello> {
  const parsed = helloSchema.safeParse(await child.call('hello', { protocol: PROTOCOL }, timeout));
  if (parsed.success) return parsed.data;
  throw new TorchError('environment', 'the worker belongs to another version of Branchline', undefined, trainer);
}
