/** Typed requests of one trainer to a worker. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StepMetrics, TokenRange } from '@branchline/core';
import { makeFolderSync } from '@branchline/core';
import { z } from 'zod';
import type { WorkerEngine } from './engine.js';
import { errorSchema, TorchError } from './errors.js';
import { acquireWorker, releaseWorker, type Worker } from './start.js';

const infoSchema = z.object({
  device: z.string(),
  units: z.int(),
  deterministic: z.boolean(),
  numerics: z.string(),
  processor: z.string(),
  engine: z.string(),
});

/** What the worker says of a model on a device. */
export type SessionInfo = z.infer<typeof infoSchema>;

const stateSchema = z.object({ state: z.int(), step: z.int() });
const metricsSchema = z.object({ loss: z.number(), gradNorm: z.number() });
const outcomesSchema = z.object({
  results: z.array(z.union([metricsSchema, z.object({ error: errorSchema })])),
});

/** Arguments of `open`. */
export interface OpenRequest {
  readonly model: { readonly config: object; readonly parameters: readonly object[]; readonly experts?: object };
  readonly optimizer: object;
  readonly data: { readonly context: number; readonly vocabulary: number; readonly files: readonly TokenRange[] };
  readonly settings: object;
}

/** What a step learns from a teacher; see `StepObjective.distil`. */
export interface Distillation {
  readonly teacher: number;
  readonly weight: number;
  readonly temperature: number;
}

/** A step of one of several states. */
export interface StackedStep {
  readonly state: number;
  readonly rate: number;
  readonly ids: Uint32Array;
  readonly weights: Float32Array | undefined;
}

/** How requests are sent. */
export interface SessionOptions {
  readonly python?: string | undefined;
  readonly timeout: number;
  /** How many train the model together. Default 1. */
  readonly processes?: number;
  /** Default: models of transformers. */
  readonly engine?: WorkerEngine;
  /** File that requests are recorded in. */
  readonly record?: string | undefined;
}

/** A model in a worker. Its states are numbers. */
export class Session {
  private constructor(
    private readonly worker: Worker,
    private readonly options: SessionOptions,
    readonly info: SessionInfo,
  ) {}

  /** Sets up a model in a new or idle worker. Rejects with a TorchError. */
  static async open(request: OpenRequest, options: SessionOptions): Promise<Session> {
    const worker = await acquireWorker(options);
    if (options.record !== undefined) {
      makeFolderSync(dirname(options.record));
      writeFileSync(options.record, '');
      note(options.record, 'hello', { protocol: worker.hello.protocol });
    }
    try {
      const info = await call(worker, options, 'open', request, infoSchema);
      return new Session(worker, options, info);
    } catch (error) {
      releaseWorker(worker);
      throw error;
    }
  }

  /** Process id of the worker. */
  get pid(): number {
    return this.worker.hello.pid;
  }

  get isAlive(): boolean {
    return this.worker.process.isAlive;
  }

  addFiles(files: readonly TokenRange[]): Promise<unknown> {
    return this.#call('add_files', { files }, z.unknown());
  }

  /** A state from safetensors files; without `optimizer`, moments are zero. */
  restore(files: { readonly weights: string; readonly optimizer?: string }) {
    return this.#call('restore', files, stateSchema);
  }

  combine(parts: readonly { readonly weights: string; readonly weight: number }[]) {
    return this.#call('combine', { parts }, stateSchema);
  }

  save(state: number, files: { readonly weights?: string; readonly optimizer?: string }): Promise<unknown> {
    return this.#call('save', { state, ...files }, z.unknown());
  }

  /** A step; `distil` names a teacher that was opened, `skip` is the number of targets that are not scored. */
  step(
    state: number,
    rate: number,
    ids: Uint32Array,
    weights?: Float32Array,
    { distil, skip = 0 }: { readonly distil?: Distillation | undefined; readonly skip?: number } = {},
  ) {
    const shares = weights && { weights: Array.from(weights) };
    const request = {
      state,
      rate,
      ids: Array.from(ids),
      ...shares,
      ...(distil && { distil }),
      ...(skip > 0 && { skip }),
    };
    return this.#call('step', request, metricsSchema);
  }

  /** A model that steps can learn from, with the weights of a safetensors file: its number. */
  async openTeacher(model: OpenRequest['model'], weights: string): Promise<number> {
    return (await this.#call('open_teacher', { model, weights }, z.object({ teacher: z.int() }))).teacher;
  }

  /** Frees a teacher; a worker that has ended holds none. */
  closeTeacher(teacher: number): void {
    this.#call('close_teacher', { teacher }, z.unknown()).catch(() => undefined);
  }

  /** Steps of different states with equal batch sizes, trained together: what became of each. */
  async stepTogether(steps: readonly StackedStep[]): Promise<readonly (StepMetrics | TorchError)[]> {
    const wanted = steps.map(({ state, rate, ids, weights }) => ({
      ...{ state, rate, ids: Array.from(ids) },
      ...(weights && { weights: Array.from(weights) }),
    }));
    const { results } = await this.#call('step_stack', { steps: wanted }, outcomesSchema);
    return results.map((one) => ('error' in one ? TorchError.of(one.error) : one));
  }

  async evaluate(state: number, parts: readonly Uint32Array[]): Promise<readonly number[]> {
    const ids = parts.map((part) => Array.from(part));
    return (await this.#call('evaluate', { state, parts: ids }, z.object({ nll: z.array(z.number()) }))).nll;
  }

  /** `file` has the tokens of all passages, as 32-bit integers. */
  async score(state: number, file: string, lengths: readonly number[], scored: readonly number[]) {
    const request = { state, file, lengths, scored };
    return (await this.#call('score', request, z.object({ scores: z.array(z.number()) }))).scores;
  }

  /** Writes logits to `out`, as float32. */
  logits(state: number, file: string, lengths: readonly number[], out: string): Promise<unknown> {
    return this.#call('logits', { state, file, lengths, out }, z.unknown());
  }

  /** Frees a state; a worker that has ended holds none. */
  dispose(state: number): void {
    this.#call('dispose', { state }, z.unknown()).catch(() => undefined);
  }

  /** Frees the model. The worker is kept for the next trainer. */
  async close(): Promise<void> {
    await this.#call('close', {}, z.unknown()).catch(() => undefined);
    releaseWorker(this.worker);
  }

  #call<T>(method: string, params: object, schema: z.ZodType<T>): Promise<T> {
    return call(this.worker, this.options, method, params, schema);
  }
}

const problemsSchema = z.object({
  problems: z.array(z.object({ message: z.string(), remedy: z.string().nullable() })),
});

/**
 * What keeps a model from being trained, with messages that follow the name of its checkpoint. Rejects with a
 * TorchError if no worker can be started.
 */
export async function problemsOf(
  model: OpenRequest['model'],
  context: number,
  { python, timeout }: Omit<SessionOptions, 'processes'>,
): Promise<readonly { readonly message: string; readonly remedy?: string }[]> {
  const worker = await acquireWorker({ python, timeout });
  try {
    const { problems } = await call(worker, { timeout }, 'check', { model, context }, problemsSchema);
    return problems.map(({ message, remedy }) => ({ message, ...(remedy !== null && { remedy }) }));
  } finally {
    releaseWorker(worker);
  }
}

async function call<T>(
  { process }: Worker,
  { timeout, record }: SessionOptions,
  method: string,
  params: object,
  schema: z.ZodType<T>,
): Promise<T> {
  if (record !== undefined) note(record, method, params);
  const parsed = schema.safeParse(await process.call(method, params, timeout));
  if (parsed.success) return parsed.data;
  throw new TorchError('internal', `the worker answered ${method} with something else than expected`);
}

const note = (file: string, method: string, params: object) =>
  appendFileSync(file, `${JSON.stringify({ method, params })}\n`);
