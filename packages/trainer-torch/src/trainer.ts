import { resolve } from 'node:path';
import type {
  CheckpointReader,
  CheckpointWriter,
  EvaluationResult,
  EvaluationSet,
  Passage,
  RestoreParts,
  StepBatch,
  StepMetrics,
  StepObjective,
  Tensor,
  TensorGroup,
  Trainer,
  TrainerContext,
  TrainerInfo,
  WeightedCheckpoint,
} from '@branchline/core';
import {
  initialize,
  isTransformers,
  type LanguageModelSpec,
  parameterTable,
  parseSpec,
  typeOf,
} from '@branchline/model';
import { messageModel, messageOptimizer } from './message-model.js';
import type { TorchSettings } from './options.js';
import { type Numbering, numberingOf, Scratch } from './scratch.js';
import { placeOf, StackGroup } from './stack/group.js';
import { TorchState } from './state.js';
import { TRANSFORMERS, type WorkerEngine } from './worker/engine.js';
import { TorchError } from './worker/errors.js';
import { type Distillation, Session, type SessionInfo } from './worker/session.js';

/** Trains with PyTorch, in a worker that reads and writes checkpoints and token shards itself. */
export class TorchTrainer implements Trainer<TorchState> {
  readonly #spec: LanguageModelSpec;
  readonly #scratch: Scratch;
  /** Absent in a group, which has one for all its members. */
  readonly #numbering: Numbering | undefined;
  /** The trainers whose steps are trained together with those of this one. */
  readonly #group: StackGroup | undefined;
  #session: Promise<Session> | undefined;
  #info: SessionInfo | undefined;
  #isDisposed = false;

  private constructor(
    private readonly context: TrainerContext,
    private readonly settings: TorchSettings,
    private readonly engine: WorkerEngine,
    private readonly ofEngine: object,
  ) {
    this.#spec = parseSpec(context.model.spec);
    const { context: tokens, vocabulary } = context.data;
    if (tokens !== this.#spec.context || vocabulary > this.#spec.vocabulary) {
      throw this.#error(
        `the model has a context of ${this.#spec.context} and ${this.#spec.vocabulary} tokens, ` +
          `the data a context of ${tokens} and ${vocabulary} tokens`,
      );
    }
    const { record, stack } = settings;
    const lane = stack > 1 ? `lane-${context.lane?.index ?? 0}` : '';
    this.#scratch = new Scratch(record === undefined ? undefined : resolve(`${record}.files`, lane));
    if (stack > 1) this.#group = StackGroup.join(context, settings);
    else this.#numbering = numberingOf(context.data, this.#scratch);
  }

  /** The lanes whose steps can be trained together. */
  get lanes(): number {
    return this.settings.stack;
  }

  /**
   * Starts a worker and sets up the model. Rejects with a TorchError that says what is missing. `ofEngine`: settings
   * that only this engine has.
   */
  static async create(
    context: TrainerContext,
    settings: TorchSettings,
    engine: WorkerEngine = TRANSFORMERS,
    ofEngine: object = {},
  ): Promise<TorchTrainer> {
    const trainer = new TorchTrainer(context, settings, engine, ofEngine);
    try {
      await trainer.#open();
      return trainer;
    } catch (error) {
      await trainer.dispose();
      throw error;
    }
  }

  describe(): TrainerInfo {
    const { device, units, deterministic, numerics, processor, engine } = this.#info!;
    const { trainer, version } = this.engine;
    return {
      name: trainer,
      version,
      engine,
      device,
      // Lanes of a stack share the device.
      units: units / this.settings.stack,
      unit: /^cpu\b/i.test(device) ? 'thread' : 'device',
      precision: this.settings.precision,
      deterministic,
      numerics: `${trainer} ${version} ${numerics}`,
      processor,
    };
  }

  /** The worker with the model; a new one if the last has ended. States of an ended worker are lost. */
  async #open(): Promise<Session> {
    if (this.#isDisposed) throw this.#error('this trainer was disposed of');
    const known = await this.#session?.catch(() => undefined);
    if (known?.isAlive) return known;
    const { precision, device, compile, checkpointing, deterministic, microBatch, threads } = this.settings;
    const { python, timeout, processes, record, stack } = this.settings;
    const { data, optimizer, lane } = this.context;
    const request = {
      model: messageModel(this.#spec),
      optimizer: messageOptimizer(this.#spec, optimizer),
      data: {
        context: data.context,
        vocabulary: this.#spec.vocabulary,
        files: (this.#group ?? this.#numbering!).files(),
      },
      settings: {
        ...{ precision, device, compile, checkpointing, deterministic: deterministic ?? false },
        ...(microBatch !== undefined && { microBatch }),
        ...(threads !== undefined && { threads }),
        ...(stack > 1 && { stack }),
        ...(lane !== undefined && { lane: placeOf(lane.index, stack) }),
        ...this.ofEngine,
      },
    };
    const { engine } = this;
    const options = { python, timeout, processes, engine, record: record === undefined ? undefined : resolve(record) };
    this.#session = this.#group?.open(request, options) ?? Session.open(request, options);
    const session = await this.#session;
    this.#info = session.info;
    return session;
  }

  /** Throws for a model outside the decoder family: `startingFrom` starts it from a checkpoint. */
  async initialize(seed: number): Promise<TorchState> {
    const spec = this.#spec;
    if (isTransformers(spec)) {
      throw this.#error(`weights of a ${typeOf(spec)} come from a checkpoint, and are never drawn`);
    }
    const values = initialize(spec, seed);
    const tensors = parameterTable(spec).map(({ name, shape }, index): Tensor => {
      const { buffer, byteOffset, byteLength } = values[index]!;
      return { name, dtype: 'F32', shape, data: new Uint8Array(buffer, byteOffset, byteLength) };
    });
    return this.#stateOf({ weights: () => this.#scratch.write(tensors) });
  }

  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<TorchState> {
    const { weights = true, optimizer = true, seed } = parts;
    if (!weights && seed === undefined) throw this.#error('weights that are drawn anew need a seed');
    const moments = optimizer && checkpoint.groups.includes('optimizer');
    const drawn = weights ? undefined : await this.initialize(seed!);
    if (drawn !== undefined && !moments) return drawn;
    try {
      return await this.#stateOf({
        weights: () => (drawn === undefined ? this.#fileOf(checkpoint, 'weights') : this.#savedWeights(drawn)),
        ...(moments && { optimizer: () => this.#fileOf(checkpoint, 'optimizer') }),
      });
    } finally {
      drawn?.dispose();
    }
  }

  /** A state from files, which are removed if they are scratch files. */
  async #stateOf(files: Partial<Record<TensorGroup, () => Promise<string>>>): Promise<TorchState> {
    const session = await this.#open();
    const weights = await files.weights!();
    const optimizer = await files.optimizer?.();
    try {
      const made = await session.restore({ weights, ...(optimizer !== undefined && { optimizer }) });
      return new TorchState(session, made.state, made.step);
    } finally {
      await this.#scratch.removeOwn([weights, optimizer]);
    }
  }

  /** The safetensors file of a group; a checkpoint in memory is written to a scratch file. */
  async #fileOf(checkpoint: CheckpointReader, group: TensorGroup): Promise<string> {
    if (checkpoint.file !== undefined) return resolve(checkpoint.file(group));
    return this.#scratch.write(await checkpoint.read(group));
  }

  async #savedWeights(state: TorchState): Promise<string> {
    const path = this.#scratch.path('weights.safetensors');
    await state.session.save(state.number, { weights: path });
    return path;
  }

  /** Throws before a step whose loss or gradient is not finite; the state before that step is kept. */
  train(state: TorchState, steps: StepBatch): AsyncGenerator<StepMetrics, void, undefined> {
    const train = () => this.#train(state, steps);
    return this.#group?.training(train) ?? train();
  }

  async *#train(state: TorchState, steps: StepBatch): AsyncGenerator<StepMetrics, void, undefined> {
    const { number, session } = state;
    const size = steps.sequences[0]?.length ?? 0;
    if (steps.lr.length !== steps.sequences.length) throw this.#error('one learning rate per step is needed');
    if (steps.sequences.some((ids) => ids.length !== size)) throw this.#error('batch sizes differ');
    if (!steps.lr.every(Number.isFinite)) throw this.#error('a learning rate is not a finite number');
    if (steps.lr.length === 0) return;
    const skip = this.#skipOf(steps.objective);
    const distil = await this.#lessonOf(session, steps.objective);
    try {
      for (const [index, ids] of steps.sequences.entries()) {
        const numbers = await this.#numbers(session, ids);
        const step = [number, steps.lr[index]!, numbers, steps.weights?.[index]] as const;
        const metrics = await (this.#group?.step(session, ...step) ?? session.step(...step, { distil, skip }));
        state.step++;
        yield metrics;
      }
    } finally {
      if (distil !== undefined) session.closeTeacher(distil.teacher);
    }
  }

  /** Targets at the beginning of a sequence that are not scored. */
  #skipOf({ prefix = 1 }: StepObjective = {}): number {
    const { context } = this.#spec;
    if (prefix > 1 && this.#group !== undefined) throw this.#error('the runs of a stack score all tokens');
    if (Number.isInteger(prefix) && prefix >= 1 && prefix <= context) return prefix - 1;
    throw this.#error(`a prefix of ${prefix} tokens leaves none to score of a sequence of ${context + 1}`);
  }

  /** Opens the teacher of steps. */
  async #lessonOf(session: Session, { distil }: StepObjective = {}): Promise<Distillation | undefined> {
    if (distil === undefined) return undefined;
    if (this.#group !== undefined) throw this.#error('the runs of a stack cannot learn from teachers');
    const { model, checkpoint } = distil.teacher;
    const teacher = parseSpec(model.spec);
    const { context, vocabulary } = this.#spec;
    if (teacher.context !== context || teacher.vocabulary !== vocabulary) {
      throw this.#error(
        `the teacher has a context of ${teacher.context} and ${teacher.vocabulary} tokens, ` +
          `the model a context of ${context} and ${vocabulary} tokens`,
      );
    }
    const weights = await this.#fileOf(checkpoint, 'weights');
    try {
      const { weight, temperature } = distil;
      return { teacher: await session.openTeacher(messageModel(teacher), weights), weight, temperature };
    } finally {
      await this.#scratch.removeOwn([weights]);
    }
  }

  async evaluate(state: TorchState, set: EvaluationSet): Promise<readonly EvaluationResult[]> {
    const { number, session } = state;
    const parts: Uint32Array[] = [];
    for (const { sequences } of set.parts) parts.push(await this.#numbers(session, sequences));
    const nll = await session.evaluate(number, parts);
    return set.parts.map(({ version, domain, sequences, bytes }, part) => ({
      ...{ version, domain, bytes, nll: nll[part]! },
      tokens: sequences.length * this.#spec.context,
    }));
  }

  async score(state: TorchState, passages: readonly Passage[]): Promise<Float64Array> {
    const { number, session } = state;
    const file = await this.#scratch.writeTokens(passages.map(({ tokens }) => tokens));
    const lengths = passages.map(({ tokens }) => tokens.length);
    const scored = passages.map((passage) => passage.scored);
    const scores = await session.score(number, file, lengths, scored);
    await this.#scratch.removeOwn([file]);
    return Float64Array.from(scores);
  }

  async combine(parts: readonly WeightedCheckpoint[]): Promise<TorchState> {
    if (parts.length === 0) throw this.#error('a combination needs at least one checkpoint');
    const session = await this.#open();
    const files: { readonly weights: string; readonly weight: number }[] = [];
    try {
      for (const { checkpoint, weight } of parts) {
        files.push({ weights: await this.#fileOf(checkpoint, 'weights'), weight });
      }
      const made = await session.combine(files);
      return new TorchState(session, made.state, made.step);
    } finally {
      await this.#scratch.removeOwn(files.map(({ weights }) => weights));
    }
  }

  async save(state: TorchState, to: CheckpointWriter): Promise<void> {
    const { number, session } = state;
    for (const group of ['weights', 'optimizer'] as const) {
      const write = async (path: string) => void (await session.save(number, { [group]: path }));
      if (to.writeFile !== undefined) await to.writeFile(group, (path) => write(resolve(path)));
      else {
        const path = this.#scratch.path(`${group}.safetensors`);
        await write(path);
        await to.write(group, await this.#scratch.read(path));
        await this.#scratch.removeOwn([path]);
      }
    }
  }

  /** Logits of one sequence of `context` tokens, `[context, vocabulary]`: for comparing trainers with each other. */
  async logits({ number, session }: TorchState, tokens: Int32Array): Promise<Float32Array> {
    const [file, out] = [await this.#scratch.writeTokens([tokens]), this.#scratch.path('logits.bin')];
    await session.logits(number, file, [tokens.length], out);
    const logits = await this.#scratch.readFloats(out);
    await this.#scratch.removeOwn([file, out]);
    return logits;
  }

  /** Process id of the worker, for tests of what happens to it. */
  async workerId(): Promise<number> {
    return (await this.#open()).pid;
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (this.#group === undefined) {
      const session = await this.#session?.catch(() => undefined);
      await session?.close();
      this.#numbering?.dispose();
    } else await this.#group.leave();
    this.#scratch.dispose();
  }

  #error(message: string): TorchError {
    return new TorchError('input', message, undefined, this.engine.trainer);
  }

  async #numbers(session: Session, ids: Uint32Array): Promise<Uint32Array> {
    if (this.#group !== undefined) return this.#group.numbers(session, ids);
    const { numbers, grown } = this.#numbering!.numbers(ids);
    if (grown !== undefined) await session.addFiles(grown);
    return numbers;
  }
}
