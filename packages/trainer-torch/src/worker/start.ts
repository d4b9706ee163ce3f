/** Starts workers, and keeps idle ones for the next trainer: importing PyTorch takes seconds. */
import { delimiter, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findEnvironment, pythonIn } from '../environment.js';
import { INSTALL_REMEDY, TorchError } from './errors.js';
import { WorkerProcess } from './process.js';

/** Folder of the Python package. */
export const WORKER_FOLDER = fileURLToPath(new URL('../../worker', import.meta.url));

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
  transformers: z.string(),
});

/** What a worker says of itself. */
export type Hello = z.infer<typeof helloSchema>;

/** A worker that answered. */
export interface Worker {
  readonly process: WorkerProcess;
  readonly hello: Hello;
  readonly python: string;
  readonly processes: number;
}

/** Which worker is needed. */
export interface WorkerWanted {
  readonly python?: string | undefined;
  /** Seconds without a sign of it after which it is stopped. */
  readonly timeout: number;
  /** How many train a model together. Default 1. */
  readonly processes?: number;
}

const idle: Worker[] = [];

/** The Python that an experiment uses: the named one, that of the installed environment, or the one on the PATH. */
export function choosePython(named?: string): string {
  // The worker runs in another folder.
  if (named !== undefined) return named.includes('/') || named.includes(sep) ? resolve(named) : named;
  const environment = findEnvironment();
  return environment === undefined ? 'python3' : pythonIn(environment.folder);
}

/** A worker for one trainer. Rejects with a TorchError (`environment`) when PyTorch cannot be used. */
export async function acquireWorker({ python: named, timeout, processes = 1 }: WorkerWanted): Promise<Worker> {
  const python = choosePython(named);
  const fits = (worker: Worker) => worker.python === python && worker.processes === processes;
  const at = idle.findIndex((worker) => fits(worker) && worker.process.isAlive);
  const [known] = at === -1 ? [] : idle.splice(at, 1);
  return known ?? start(python, timeout, processes);
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
export async function tryWorker(named?: string, timeout = 120): Promise<Hello> {
  const worker = await acquireWorker({ python: named, timeout });
  releaseWorker(worker);
  return worker.hello;
}

async function start(python: string, timeout: number, processes: number): Promise<Worker> {
  const { env } = process;
  const several = processes > 1 ? ['--processes', String(processes), '--timeout', String(timeout)] : [];
  const child = new WorkerProcess({
    program: python,
    args: ['-m', 'branchline_worker', 'serve', '--parent', String(process.pid), ...several],
    // A folder named torch where the user stands must not hide the library.
    cwd: WORKER_FOLDER,
    env: {
      ...env,
      PYTHONPATH: [WORKER_FOLDER, ...(env.PYTHONPATH ? [env.PYTHONPATH] : [])].join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      // Models come from the experiment, never from a network.
      HF_HUB_OFFLINE: '1',
      TRANSFORMERS_VERBOSITY: 'error',
    },
  });
  try {
    return { process: child, python, processes, hello: await handshake(child, timeout) };
  } catch (error) {
    child.kill();
    if (!(error instanceof TorchError)) throw error;
    const [problem] = error.problems;
    const message = problem!.message.replace(/^trainer-torch: /, '');
    throw new TorchError('environment', `PyTorch cannot be used: ${message}`, INSTALL_REMEDY);
  }
}

async function handshake(child: WorkerProcess, timeout: number): Promise<Hello> {
  const parsed = helloSchema.safeParse(await child.call('hello', { protocol: PROTOCOL }, timeout));
  if (parsed.success) return parsed.data;
  throw new TorchError('environment', 'the worker belongs to another version of Branchline');
}
