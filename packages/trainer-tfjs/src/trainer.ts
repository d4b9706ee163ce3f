import type {
  CheckpointReader,
  CheckpointWriter,
  Decoding,
  EvaluationResult,
  EvaluationSet,
  Passage,
  RestoreParts,
  StepBatch,
  StepMetrics,
  StepObjective,
  Trainer,
  TrainerContext,
  TrainerInfo,
  WeightedCheckpoint,
} from '@branchline/core';
import {
  fillInitial,
  type ModelSpec,
  type Parameter,
  parameterCount,
  parameterTable,
  parseDecoder,
} from '@branchline/model';
import type { Batch, Mixture } from './batch.js';
import { continueProgram } from './continue-program.js';
import { program } from './decoder.js';
import { TfjsDecoding } from './decoding.js';
import type { Teaching } from './distil-program.js';
import type { Engine, Training } from './engine.js';
import { hostEvaluation, hostTraining } from './host.js';
import { readOptimizer, readWeights, saveState, TfjsState, views } from './state.js';
import { VERSION } from './version.js';

const NAME = 'trainer-tfjs';

/** Sequences per evaluation call: fixed, so that one compiled program serves all sets. */
const EVALUATION_BATCH = 16;

/**
 * Parameters of the largest model that several lanes train by default. Each lane needs memory for a model, and the
 * threads of a larger one lose little by waiting for each other.
 */
const MOST_IN_LANES = 2e6;

/** A teacher, and how much is learned from it. */
interface Lesson {
  readonly teaching: Teaching;
  readonly mixture: Mixture;
  readonly weights: Float32Array;
}

/** A prepared program of the engine. */
interface Program {
  dispose(): Promise<void>;
}

/** The embedded trainer. The engine decides where model and optimizer run; between calls states are in host memory. */
export class TfjsTrainer implements Trainer<TfjsState> {
  readonly #spec: ModelSpec;
  readonly #table: readonly Parameter[];
  /** Created on first use. */
  readonly #programs = new Map<string, Promise<Program>>();
  /** The lesson whose teacher a program holds. */
  readonly #taught = new WeakMap<Training, Lesson>();
  /** Settles when the engine is idle. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly context: TrainerContext,
    private readonly engine: Engine,
  ) {
    this.#spec = parseDecoder(context.model.spec, 'tfjs');
    this.#table = parameterTable(this.#spec);
    const { context: tokens, vocabulary } = context.data;
    if (tokens !== this.#spec.context || vocabulary > this.#spec.vocabulary) {
      throw new Error(
        `${NAME}: the model has a context of ${this.#spec.context} and ${this.#spec.vocabulary} tokens, ` +
          `the data a context of ${tokens} and ${vocabulary} tokens`,
      );
    }
  }

  get lanes(): number {
    return this.context.model.parameters > MOST_IN_LANES ? 1 : (this.engine.lanes ?? 1);
  }

  describe(): TrainerInfo {
    const { description, device, units, deterministic, numerics, processor } = this.engine;
    return {
      name: NAME,
      version: VERSION,
      engine: description,
      device,
      ...(units !== undefined && { units, unit: 'thread' as const }),
      precision: 'float32',
      deterministic,
      numerics: `${NAME} ${VERSION} ${numerics}`,
      processor,
    };
  }

  async initialize(seed: number): Promise<TfjsState> {
    const state = new TfjsState(this.#table);
    fillInitial(this.#spec, seed, views(this.#table, state.weights));
    return state;
  }

  async restore(checkpoint: CheckpointReader, parts: RestoreParts = {}): Promise<TfjsState> {
    const { weights = true, optimizer = true, seed } = parts;
    if (!weights && seed === undefined) throw new Error(`${NAME}: weights that are drawn anew need a seed`);
    const state = weights ? new TfjsState(this.#table) : await this.initialize(seed!);
    if (weights) await readWeights(checkpoint, this.#table, state.weights);
    if (optimizer && checkpoint.groups.includes('optimizer')) await readOptimizer(checkpoint, state);
    return state;
  }

  /** Throws before a step whose loss or gradient is not finite; the state before that step is kept. */
  async *train(state: TfjsState, steps: StepBatch): AsyncGenerator<StepMetrics, void, undefined> {
    state.assertAlive();
    const sequences = steps.sequences[0]?.length ?? 0;
    if (steps.lr.length !== steps.sequences.length) throw new Error(`${NAME}: one learning rate per step is needed`);
    if (steps.sequences.some((ids) => ids.length !== sequences)) throw new Error(`${NAME}: batch sizes differ`);
    if (!steps.lr.every(Number.isFinite)) throw new Error(`${NAME}: a learning rate is not a finite number`);
    if (steps.lr.length === 0) return;
    const lesson = await this.#lessonOf(steps.objective);
    const teaching = lesson?.teaching;
    const skip = this.#skipOf(steps.objective);
    const training = await this.#once(
      ['train', sequences, ...(teaching ? [JSON.stringify(teaching)] : [])].join(' '),
      () => {
        const { engine, context } = this;
        const host = () => hostTraining(engine, this.#spec, context.optimizer, sequences, teaching);
        return engine.training?.(this.#spec, context.optimizer, sequences, teaching) ?? host();
      },
    );
    try {
      for (const [index, ids] of steps.sequences.entries()) {
        const lr = steps.lr[index]!;
        yield await this.#exclusive(() =>
          this.#step(training, state, ids, lr, steps.weights?.[index], { lesson, skip }),
        );
      }
    } finally {
      await this.#exclusive(() => training.release());
    }
  }

  async #step(
    training: Training,
    state: TfjsState,
    ids: Uint32Array,
    lr: number,
    weights: Float32Array | undefined,
    { lesson, skip }: { readonly lesson: Lesson | undefined; readonly skip: number },
  ): Promise<StepMetrics> {
    const { batch } = training;
    if (lesson !== undefined && this.#taught.get(training) !== lesson) {
      training.teacher!.set(lesson.weights);
      this.#taught.set(training, lesson);
    }
    const total = batch.weigh(weights, lesson?.mixture, skip);
    batch.fill(this.context.data, ids);
    const gradNorm = await training.gradient(state);
    const loss = batch.weightedSum() / total;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      throw new Error(
        `${NAME}: the model diverged: step ${state.step + 1} at learning rate ${lr} gave loss ${loss} ` +
          `and gradient norm ${gradNorm}; lower lr.peak, or lengthen lr.warmup`,
      );
    }
    state.step++;
    await training.update({ lr, gradNorm, step: state.step });
    return { loss, gradNorm };
  }

  /** Targets at the beginning of a sequence that are not scored. */
  #skipOf({ prefix = 1 }: StepObjective = {}): number {
    const { context } = this.#spec;
    if (Number.isInteger(prefix) && prefix >= 1 && prefix <= context) return prefix - 1;
    throw new Error(`${NAME}: a prefix of ${prefix} tokens leaves none to score of a sequence of ${context + 1}`);
  }

  /** What steps learn from a teacher, with its weights. */
  async #lessonOf({ distil }: StepObjective = {}): Promise<Lesson | undefined> {
    if (distil === undefined) return undefined;
    const { weight, temperature } = distil;
    const { model, checkpoint } = distil.teacher;
    const teacher = parseDecoder(model.spec, 'tfjs');
    const { context, vocabulary } = this.#spec;
    if (teacher.context !== context || teacher.vocabulary !== vocabulary) {
      throw new Error(
        `${NAME}: the teacher has a context of ${teacher.context} and ${teacher.vocabulary} tokens, ` +
          `the model a context of ${context} and ${vocabulary} tokens`,
      );
    }
    const table = parameterTable(teacher);
    const weights = new Float32Array(parameterCount(teacher));
    await readWeights(checkpoint, table, weights);
    return { teaching: { teacher, temperature }, mixture: { weight, temperature }, weights };
  }

  async evaluate(state: TfjsState, set: EvaluationSet): Promise<readonly EvaluationResult[]> {
    // All parts concatenated, so that only the last batch has padding.
    const rows = set.parts.flatMap(({ sequences }, part) => Array.from(sequences, (id) => ({ id, part })));
    const nll = set.parts.map(() => 0);
    await this.#inBatches(state, rows, (batch, own) => {
      const ids = Uint32Array.from(own, ({ id }) => id);
      batch.fill(this.context.data, ids);
      return () => {
        own.forEach(({ part }, row) => {
          nll[part]! += batch.sumOf(row);
        });
      };
    });
    const lost = set.parts.find((_, part) => !Number.isFinite(nll[part]));
    if (lost) {
      const text = set.name === undefined ? `held-out text of version ${lost.version}` : `validation set "${set.name}"`;
      const where = `the ${text}, domain "${lost.domain}"`;
      throw new Error(`${NAME}: the model diverged: its loss on ${where} is not a finite number; lower lr.peak`);
    }
    return set.parts.map(({ version, domain, sequences, bytes }, part) => ({
      ...{ version, domain, bytes, nll: nll[part]! },
      tokens: sequences.length * this.#spec.context,
    }));
  }

  async score(state: TfjsState, passages: readonly Passage[]): Promise<Float64Array> {
    const scores: number[] = [];
    await this.#inBatches(state, passages, (batch, own) => {
      own.forEach(({ tokens }, row) => {
        batch.put(row, tokens);
      });
      return () => {
        scores.push(
          ...own.map(({ tokens, scored }, row) => -batch.sumOf(row, tokens.length - 1 - scored, tokens.length - 1)),
        );
      };
    });
    return Float64Array.from(scores);
  }

  /**
   * Evaluates rows, `EVALUATION_BATCH` at a time. `place` writes some into the batch and returns a function that reads
   * their losses.
   */
  async #inBatches<Row>(
    state: TfjsState,
    rows: readonly Row[],
    place: (batch: Batch, rows: readonly Row[]) => () => void,
  ): Promise<void> {
    state.assertAlive();
    const evaluation = await this.#once('evaluate', () => {
      const host = () => hostEvaluation(this.engine, this.#spec, EVALUATION_BATCH);
      return this.engine.evaluation?.(this.#spec, EVALUATION_BATCH) ?? host();
    });
    try {
      for (let start = 0; start < rows.length; start += EVALUATION_BATCH) {
        await this.#exclusive(async () => {
          const take = place(evaluation.batch, rows.slice(start, start + EVALUATION_BATCH));
          await evaluation.run(state);
          take();
        });
      }
    } finally {
      await this.#exclusive(() => evaluation.release());
    }
  }

  decode(state: TfjsState): Promise<Decoding> {
    state.assertAlive();
    const programs = (rows: number) =>
      this.#once(`continue ${rows}`, () => this.engine.prepare(continueProgram(this.#spec, rows)));
    return Promise.resolve(new TfjsDecoding(this.#spec, state, programs, (work) => this.#exclusive(work)));
  }

  async combine(parts: readonly WeightedCheckpoint[]): Promise<TfjsState> {
    if (parts.length === 0) throw new Error(`${NAME}: a combination needs at least one checkpoint`);
    const state = new TfjsState(this.#table);
    const sum = new Float64Array(state.weights.length);
    for (const { checkpoint, weight } of parts) {
      await readWeights(checkpoint, this.#table, state.weights);
      for (let i = 0; i < sum.length; i++) sum[i]! += weight * state.weights[i]!;
    }
    state.weights.set(sum);
    return state;
  }

  async save(state: TfjsState, to: CheckpointWriter): Promise<void> {
    state.assertAlive();
    await saveState(state, to);
  }

  /** Logits of one sequence of `context` tokens, `[context, vocabulary]`: for comparing trainers with each other. */
  async logits(state: TfjsState, tokens: Int32Array): Promise<Float32Array> {
    state.assertAlive();
    const runnable = await this.#once('logits', () => this.engine.prepare(program('logits', this.#spec, 1)));
    const logits = new Float32Array(this.#spec.context * this.#spec.vocabulary);
    // A copy, because ONNX Runtime accepts no shared memory.
    await runnable.run([tokens, ...views(this.#table, Float32Array.from(state.weights))], [logits]);
    return logits;
  }

  async dispose(): Promise<void> {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    await this.#exclusive(async () => {
      for (const made of programs) await (await made).dispose();
      await this.engine.dispose?.();
    });
  }

  /** A program by name, created on first use. */
  #once<T extends Program>(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.#programs.get(name);
    if (known) return known as Promise<T>;
    const made = this.#exclusive(make);
    this.#programs.set(name, made);
    made.catch(() => this.#programs.delete(name));
    return made;
  }

  /** Calls for several states may overlap; the engine runs them one at a time. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
