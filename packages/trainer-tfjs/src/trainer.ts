import type {
  CheckpointReader,
  CheckpointWriter,
  EvaluationResult,
  EvaluationSet,
  RestoreParts,
  StepBatch,
  StepMetrics,
  Trainer,
  TrainerContext,
  TrainerFactory,
  TrainerInfo,
  WeightedCheckpoint,
} from '@branchline/core';
import { initialize, type ModelSpec, modelSchema, type Parameter, parameterTable } from '@branchline/model';
import { adamw, globalNorm, segmentsOf } from './adamw.js';
import { Batch } from './batch.js';
import { type ProgramName, program } from './decoder.js';
import type { Engine, Runnable } from './engine.js';
import { chooseEngine, type TfjsTrainerOptions, tfjsTrainerOptions } from './options.js';
import { readOptimizer, readWeights, saveState, TfjsState, views } from './state.js';

const NAME = 'trainer-tfjs';
/** Part of `numerics`, and so of every step key: it rises with every change that may change a bit. */
const VERSION = '0.1.0';

/** Sequences of one evaluation call: fixed, so that one compiled program serves every set. */
const EVALUATION_BATCH = 16;

/** The embedded trainer: the model in TensorFlow.js, the optimizer in plain loops, the state in host memory. */
export class TfjsTrainer implements Trainer<TfjsState> {
  readonly #spec: ModelSpec;
  readonly #table: readonly Parameter[];
  readonly #programs = new Map<string, Promise<Runnable>>();

  constructor(
    private readonly context: TrainerContext,
    private readonly engine: Engine,
  ) {
    this.#spec = modelSchema.parse(context.model.spec);
    this.#table = parameterTable(this.#spec);
    const { context: tokens, vocabulary } = context.data;
    if (tokens !== this.#spec.context || vocabulary > this.#spec.vocabulary) {
      throw new Error(
        `${NAME}: the model has a context of ${this.#spec.context} and ${this.#spec.vocabulary} tokens, ` +
          `the data a context of ${tokens} and ${vocabulary} tokens`,
      );
    }
  }

  describe(): TrainerInfo {
    const { description, device, units, deterministic, numerics } = this.engine;
    return {
      name: NAME,
      version: VERSION,
      engine: description,
      device,
      ...(units !== undefined && { units }),
      precision: 'float32',
      deterministic,
      numerics: `${NAME} ${VERSION} ${numerics}`,
    };
  }

  async initialize(seed: number): Promise<TfjsState> {
    const state = new TfjsState(this.#table);
    const targets = views(this.#table, state.weights);
    for (const [index, values] of initialize(this.#spec, seed).entries()) targets[index]!.set(values);
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

  /** Throws before a step whose loss or gradient is not finite; the state is then the one before that step. */
  async *train(state: TfjsState, steps: StepBatch): AsyncGenerator<StepMetrics, void, undefined> {
    state.assertAlive();
    const sequences = steps.sequences[0]?.length ?? 0;
    if (steps.lr.length !== steps.sequences.length) throw new Error(`${NAME}: one learning rate per step is needed`);
    if (steps.sequences.some((ids) => ids.length !== sequences)) throw new Error(`${NAME}: batch sizes differ`);
    if (!steps.lr.every(Number.isFinite)) throw new Error(`${NAME}: a learning rate is not a finite number`);
    if (steps.lr.length === 0) return;
    const runnable = await this.#program('train', sequences);
    // Memory of this call alone, so that calls for other states can run in between.
    const batch = new Batch(sequences, this.#spec.context, this.#spec.vocabulary);
    const gradient = new Float32Array(state.weights.length);
    const results = [batch.nll, ...views(this.#table, gradient)];
    const inputs = [batch.tokens, batch.targets, batch.factors, ...views(this.#table, state.weights)];
    const segments = segmentsOf(this.#table);
    for (const [index, ids] of steps.sequences.entries()) {
      const total = batch.weigh(steps.weights?.[index]);
      batch.fill(this.context.data, ids);
      await runnable.run(inputs, results);
      const loss = batch.weightedSum() / total;
      const gradNorm = globalNorm(gradient);
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
        throw new Error(
          `${NAME}: the model diverged: step ${state.step + 1} at learning rate ${steps.lr[index]!} gave loss ${loss} ` +
            `and gradient norm ${gradNorm}; lower lr.peak, or lengthen lr.warmup`,
        );
      }
      state.step++;
      adamw(state, gradient, gradNorm, segments, this.context.optimizer, steps.lr[index]!, state.step);
      yield { loss, gradNorm };
    }
  }

  async evaluate(state: TfjsState, set: EvaluationSet): Promise<readonly EvaluationResult[]> {
    state.assertAlive();
    const runnable = await this.#program('evaluate', EVALUATION_BATCH);
    const batch = new Batch(EVALUATION_BATCH, this.#spec.context, this.#spec.vocabulary);
    const inputs = [batch.tokens, batch.targets, ...views(this.#table, state.weights)];
    // All parts in one row, so that only the last batch has empty places.
    const rows = set.parts.flatMap(({ sequences }, part) => Array.from(sequences, (id) => ({ id, part })));
    const nll = set.parts.map(() => 0);
    for (let start = 0; start < rows.length; start += EVALUATION_BATCH) {
      const own = rows.slice(start, start + EVALUATION_BATCH);
      batch.fill(
        this.context.data,
        Uint32Array.from(own, ({ id }) => id),
      );
      await runnable.run(inputs, [batch.nll]);
      own.forEach(({ part }, row) => {
        nll[part]! += batch.sumOf(row);
      });
    }
    const lost = set.parts.find((_, part) => !Number.isFinite(nll[part]));
    if (lost) {
      const where = `the held-out text of version ${lost.version}, domain "${lost.domain}"`;
      throw new Error(`${NAME}: the model diverged: its loss on ${where} is not a finite number; lower lr.peak`);
    }
    return set.parts.map(({ version, domain, sequences, bytes }, part) => ({
      ...{ version, domain, bytes, nll: nll[part]! },
      tokens: sequences.length * this.#spec.context,
    }));
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

  /** Logits of one sequence of `context` tokens, `context x vocabulary`: for comparing trainers with each other. */
  async logits(state: TfjsState, tokens: Int32Array): Promise<Float32Array> {
    state.assertAlive();
    const runnable = await this.#program('logits', 1);
    const logits = new Float32Array(this.#spec.context * this.#spec.vocabulary);
    await runnable.run([tokens, ...views(this.#table, state.weights)], [logits]);
    return logits;
  }

  async dispose(): Promise<void> {
    const programs = [...this.#programs.values()];
    this.#programs.clear();
    for (const runnable of programs) await (await runnable).dispose();
  }

  /** A program for a number of sequences, compiled when it is first needed. */
  #program(name: ProgramName, sequences: number): Promise<Runnable> {
    const key = `${name} ${sequences}`;
    let runnable = this.#programs.get(key);
    if (runnable === undefined) {
      runnable = this.engine.prepare(program(name, this.#spec, sequences));
      this.#programs.set(key, runnable);
      runnable.catch(() => this.#programs.delete(key));
    }
    return runnable;
  }
}

/** Makes embedded trainers. */
export interface TfjsTrainerFactory extends TrainerFactory {
  create(context: TrainerContext): Promise<TfjsTrainer>;
}

/** Options are checked at once; engines are loaded by `create`, which fails with a remedy where one is missing. */
export function tfjsTrainer(options: TfjsTrainerOptions = {}): TfjsTrainerFactory {
  tfjsTrainerOptions.parse(options);
  return { name: NAME, create: async (context) => new TfjsTrainer(context, await chooseEngine(options)) };
}
