/** Checks that a trainer agrees with the reference model and with published AdamW. */
import { allHeldOut, type OptimizerSpec, type StepMetrics, type StepObjective, type Trainer } from '@branchline/core';
import { assertNone, type Bench, distance, type Reference, steps } from './bench.js';
import { type MemoryCheckpoint, saved } from './checkpoint.js';

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((all, value) => all + value, 0);

/** Compares initial weights. */
export async function checkInitial(bench: Bench, initialize: NonNullable<Reference['initialize']>): Promise<void> {
  await bench.lend(async (trainer) => {
    for (const seed of [1, 2]) {
      const { weights } = await saved(trainer, await trainer.initialize(seed));
      const far = distance(weights, initialize(seed));
      assertNone(
        `the initial weights of seed ${seed} differ from the reference`,
        far <= bench.tolerance ? [] : [apart(far)],
        ['Compare the order of the arrays, their shapes, the stream of each, and the scale of its values.'],
      );
    }
  });
}

/** Compares held-out losses. */
export async function checkEvaluation(bench: Bench, reference: Reference): Promise<void> {
  await bench.lend(async (trainer) => {
    const state = await trainer.initialize(3);
    const { weights } = await saved(trainer, state);
    const set = allHeldOut(bench.data);
    const results = await trainer.evaluate(state, set);
    const expected = set.parts.map(({ sequences }) =>
      sum(Array.from(sequences, (id) => sum(nllOf(bench, reference, weights, id)))),
    );
    const wrong = expected.flatMap((nll, index) => {
      const found = results[index]!.nll;
      const { version, domain } = set.parts[index]!;
      const far = distance([[found]], [[nll]]);
      return far <= bench.tolerance ? [] : [`version ${version}, ${domain}: ${found} instead of ${nll}`];
    });
    assertNone('held-out losses differ from the reference', wrong, [
      'The loss is the sum over all targets, in nats: -log softmax(logits)[target], in natural logarithms.',
    ]);
  });
}

/**
 * Compares loss, gradient norm and weights over a few steps: once without clipping, once with a norm that clips every
 * step.
 */
export async function checkTraining(bench: Bench, reference: Reference): Promise<void> {
  await compareTraining(bench, reference, [0, 0.01]);
}

/** The same for steps that learn from a teacher. */
export async function checkDistilling(bench: Bench, reference: Reference): Promise<void> {
  if (reference.logits === undefined) return;
  await compareTraining(bench, reference, [0], async (trainer) => {
    const teacher = await saved(trainer, await trainer.initialize(8));
    return { distil: { teacher: { model: bench.tests.model, checkpoint: teacher }, weight: 0.4, temperature: 2.5 } };
  });
}

/** The same for steps that do not score the first tokens of sequences. */
export async function checkPrefix(bench: Bench, reference: Reference): Promise<void> {
  await compareTraining(bench, reference, [0], async () => ({ prefix: 3 }));
}

/** Compares steps for an objective, with each of these limits of the gradient norm. */
async function compareTraining(
  bench: Bench,
  reference: Reference,
  limits: readonly number[],
  objectiveOf?: (trainer: Trainer) => Promise<StepObjective>,
): Promise<void> {
  for (const clipNorm of limits) {
    // Epsilon is as large as the gradients. With a small epsilon, AdamW depends on little more than their signs.
    const spec = { name: 'adamw', beta1: 0.8, beta2: 0.9, epsilon: 0.05, weightDecay: 0.3, clipNorm } as const;
    await bench.lend(
      async (trainer) => {
        const state = await trainer.initialize(3);
        const start = await saved(trainer, state);
        const objective = await objectiveOf?.(trainer);
        const oracle = new Oracle(bench, reference, spec, start, objective);
        const weighted = { ...steps(2, 2, 0, 0.1), weights: [undefined, Float32Array.of(1, 3)] };
        const batch = { ...weighted, ...(objective && { objective }) };
        let index = 0;
        for await (const metrics of trainer.train(state, batch)) {
          const how =
            clipNorm > 0
              ? ', with clipped gradients'
              : objective === undefined
                ? ''
                : `, with ${Object.keys(objective).join()}`;
          const title = `step ${index + 1}${how}`;
          const expected = oracle.step(batch.sequences[index]!, batch.weights[index], batch.lr[index]!);
          const { weights } = await saved(trainer, state);
          const moved = weights.map((values, at) => values.map((value, i) => value - start.weights[at]![i]!));
          const far = distance(moved, oracle.moved);
          assertNone(
            `${title} differs from AdamW on the reference`,
            [
              ...metricsApart(metrics, expected, bench.tolerance),
              ...(far <= bench.tolerance ? [] : [`weights differ: ${apart(far)}`]),
            ],
            [
              'The loss is sum(w * nll) / sum(w) over tokens, before the update. Gradients are clipped by their global norm; decay',
              'is multiplied by the rate and skips one-dimensional arrays; both moments are corrected for their bias. With a',
              'teacher, the loss of a token is (1 - weight) * nll + weight * temperature^2 * KL(teacher || student) at the',
              'temperature; the loss of the metrics remains the negative log-likelihood. Without the first tokens of a prefix,',
              'the mean is over the other targets.',
            ],
          );
          index++;
        }
      },
      1,
      spec,
    );
  }
}

const apart = (far: number) => `up to ${far.toExponential(1)} apart, relative to the largest`;

function metricsApart(found: StepMetrics, expected: StepMetrics, tolerance: number): readonly string[] {
  return (['loss', 'gradNorm'] as const).flatMap((name) =>
    distance([[found[name]]], [[expected[name]]]) <= tolerance
      ? []
      : [`${name}: ${found[name]} instead of ${expected[name]}`],
  );
}

function nllOf({ data }: Bench, { nll }: Reference, weights: readonly Float64Array[], id: number): ArrayLike<number> {
  return nll(weights, data.read(Uint32Array.of(id)));
}

/** Half the width of a central difference. Rounding in float64 costs 1e-11; curvature affects the eighth digit. */
const REACH = 1e-4;

/** AdamW (Loshchilov and Hutter, 2019, algorithm 2) on the reference model, element by element. */
class Oracle {
  readonly #start: readonly Float64Array[];
  readonly #weights: readonly Float64Array[];
  readonly #first: readonly Float64Array[];
  readonly #second: readonly Float64Array[];
  readonly #decayed: readonly boolean[];
  readonly #taught = new Map<number, ArrayLike<number>>();
  #step = 0;

  constructor(
    private readonly bench: Bench,
    private readonly reference: Reference,
    private readonly spec: OptimizerSpec,
    { weights, shapes }: MemoryCheckpoint,
    private readonly objective?: StepObjective,
  ) {
    this.#start = weights;
    this.#weights = weights.map((values) => values.slice());
    this.#first = weights.map((values) => new Float64Array(values.length));
    this.#second = weights.map((values) => new Float64Array(values.length));
    this.#decayed = shapes.map((shape) => shape.length > 1);
  }

  /** Changes of all weights since the start. */
  get moved(): readonly Float64Array[] {
    return this.#weights.map((values, at) => values.map((value, i) => value - this.#start[at]![i]!));
  }

  step(ids: Uint32Array, weights: Float32Array | undefined, rate: number): StepMetrics {
    const { beta1, beta2, epsilon, weightDecay, clipNorm } = this.spec;
    const loss = this.#mean(ids, weights, (id) => nllOf(this.bench, this.reference, this.#weights, id));
    const gradients = this.#weights.map((values) => values.map((_, i) => this.#slope(values, i, ids, weights)));
    const gradNorm = Math.sqrt(sum(gradients.map((values) => sum(values.map((value) => value * value)))));
    const clip = clipNorm > 0 && gradNorm > clipNorm ? clipNorm / gradNorm : 1;
    this.#step++;
    for (const [at, values] of this.#weights.entries()) {
      const [first, second] = [this.#first[at]!, this.#second[at]!];
      for (let i = 0; i < values.length; i++) {
        const gradient = gradients[at]![i]! * clip;
        first[i] = beta1 * first[i]! + (1 - beta1) * gradient;
        second[i] = beta2 * second[i]! + (1 - beta2) * gradient * gradient;
        const mean = first[i]! / (1 - beta1 ** this.#step);
        const spread = Math.sqrt(second[i]! / (1 - beta2 ** this.#step));
        const decay = this.#decayed[at] ? rate * weightDecay * values[i]! : 0;
        values[i] = values[i]! - decay - (rate * mean) / (spread + epsilon);
      }
    }
    return { loss, gradNorm };
  }

  #slope(values: Float64Array, i: number, ids: Uint32Array, weights: Float32Array | undefined): number {
    const value = values[i]!;
    values[i] = value + REACH;
    const above = this.#loss(ids, weights);
    values[i] = value - REACH;
    const below = this.#loss(ids, weights);
    values[i] = value;
    return (above - below) / (2 * REACH);
  }

  #loss(ids: Uint32Array, weights: Float32Array | undefined): number {
    return this.#mean(ids, weights, (id) => this.#lossesOf(id));
  }

  #mean(ids: Uint32Array, weights: Float32Array | undefined, lossesOf: (id: number) => ArrayLike<number>): number {
    let [total, all] = [0, 0];
    for (const [row, id] of ids.entries()) {
      const losses = Array.from(lossesOf(id)).slice((this.objective?.prefix ?? 1) - 1);
      const weight = weights?.[row] ?? 1;
      total += weight * sum(losses);
      all += weight * losses.length;
    }
    return total / all;
  }

  /** The loss of each token of a sequence. */
  #lossesOf(id: number): ArrayLike<number> {
    const nll = nllOf(this.bench, this.reference, this.#weights, id);
    const { distil } = this.objective ?? {};
    if (distil === undefined) return nll;
    const tokens = this.bench.data.read(Uint32Array.of(id));
    const own = this.reference.logits!(this.#weights, tokens);
    const taught = this.#taughtBy(distil.teacher.checkpoint as MemoryCheckpoint, id, tokens);
    const { weight, temperature } = distil;
    const size = own.length / nll.length;
    return Array.from(nll, (value, row) => {
      const [p, q] = [own, taught].map((logits) =>
        logProbabilities(Array.from({ length: size }, (_, i) => logits[row * size + i]! / temperature)),
      ) as [number[], number[]];
      const divergence = sum(q.map((logQ, i) => Math.exp(logQ) * (logQ - p[i]!)));
      return (1 - weight) * value + weight * temperature ** 2 * divergence;
    });
  }

  /** Logits of the teacher, which do not change. */
  #taughtBy(teacher: MemoryCheckpoint, id: number, tokens: Int32Array): ArrayLike<number> {
    const known = this.#taught.get(id) ?? this.reference.logits!(teacher.weights, tokens);
    this.#taught.set(id, known);
    return known;
  }
}

function logProbabilities(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const total = largest + Math.log(sum(logits.map((value) => Math.exp(value - largest))));
  return logits.map((value) => value - total);
}
