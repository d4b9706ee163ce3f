/**
 * Trains what a run graph needs and the store does not have: depth first from the roots, each segment once. A state is
 * stored before anything rests on it, and every stretch is booked when its state is safely stored.
 */
import { BranchlineError, type Failure, messageOf, type Problem } from '../errors.js';
import type { GraphNode, RunGraph, Segment } from '../graph/run-graph.js';
import { keyInside } from '../graph/run-graph.js';
import { type Digest, digestJson } from '../json.js';
import type { Ledger, LedgerEntry } from '../ledger/ledger.js';
import { sliceRun, takeSteps } from '../plan/runs.js';
import { rateAt } from '../plan/schedule.js';
import type { CheckpointStore, ManifestDraft } from '../store/checkpoint-store.js';
import type { MetricsStore } from '../store/metrics.js';
import type { ModelDescription, StepBatch, StepMetrics, Trainer, TrainerState } from '../trainer/trainer.js';
import { findWork, type Work } from './demand.js';
import type { RunEmitter } from './events.js';
import { trimStore } from './retention.js';

export interface ExecutorInput {
  readonly graph: RunGraph;
  /** States that must exist at the end. */
  readonly targets: readonly GraphNode[];
  readonly orders: ReadonlyMap<Digest, Uint32Array>;
  readonly model: ModelDescription;
  readonly trainer: Trainer;
  readonly store: CheckpointStore;
  readonly ledger: Ledger;
  readonly metrics: MetricsStore;
  readonly events: RunEmitter;
  /** Steps between checkpoints inside a segment. */
  readonly checkpointEvery: number;
  /** Aborted: the run stops after the step it is in, with that step stored. */
  readonly signal?: AbortSignal;
  /** Milliseconds; measures device time and dates ledger lines, nothing else. */
  readonly now: () => number;
  /** Called when a target exists, with its state when it was just made. */
  readonly onTarget: (node: GraphNode, state: TrainerState | undefined) => Promise<void>;
}

export class Executor {
  readonly #input: ExecutorInput;
  #work: Work;
  readonly #targets: ReadonlySet<GraphNode>;
  readonly #failures: Failure[] = [];

  constructor(input: ExecutorInput) {
    this.#input = input;
    this.#targets = new Set(input.targets);
    this.#work = findWork(input.targets, input.store, input.graph.basis.batch);
  }

  /** Steps and segments that will be trained. */
  get work(): Work {
    return this.#work;
  }

  /** Trains everything that is missing. Returns the failures of single segments; throws what stops the whole run. */
  async run(): Promise<readonly Failure[]> {
    await this.#completeLedger();
    const { graph, store, targets } = this.#input;
    for (const node of targets)
      if (store.has(node.key)) await this.#unlessDamaged(() => this.#input.onTarget(node, undefined));
    this.#work = findWork(targets, store, graph.basis.batch);
    // A damaged checkpoint turns up only when it is read, and then counts as missing: look again until nothing is.
    for (let round = 0; round <= targets.length; round++) {
      const damage = await this.#pass();
      this.#work = findWork(targets, store, graph.basis.batch);
      const left = this.#work.train.size + this.#work.derive.size;
      if (left === 0 || !damage) break;
    }
    return this.#failures;
  }

  /** Walks the graph once. True when a checkpoint turned out to be damaged on the way. */
  async #pass(): Promise<boolean> {
    const { graph, store } = this.#input;
    const done = new Set<GraphNode>();
    let damage = false;
    for (let progress = true; progress; ) {
      progress = false;
      for (const root of graph.roots) {
        if (done.has(root) || !this.#ready(root) || !(this.#hasWork(root) || this.#work.derive.has(root))) continue;
        done.add(root);
        progress = true;
        const whole = await this.#unlessDamaged(async () => {
          const missing = root.kind === 'derived' && !store.has(root.key);
          await this.#walk(root, missing ? await this.#derive(root) : undefined);
        });
        if (!whole) damage = true;
      }
    }
    return damage;
  }

  /** False when a damaged checkpoint stood in the way; it was told and counts as missing from now on. */
  async #unlessDamaged(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof BranchlineError) || error.code !== 'damaged') throw error;
      this.#input.events.emit('warning', error.message);
      return false;
    }
  }

  #ready(root: GraphNode): boolean {
    const { store } = this.#input;
    return (
      root.kind === 'init' ||
      store.has(root.key) ||
      root.sources.every(({ node }) => store.has(node.key) || node.kind === 'init')
    );
  }

  #hasWork(node: GraphNode): boolean {
    return node.outgoing.some((segment) => this.#work.train.has(segment) || this.#hasWork(segment.to));
  }

  /** Trains what is needed behind a node. Takes over `state`, which is the node's when it is there. */
  async #walk(node: GraphNode, state: TrainerState | undefined): Promise<void> {
    let own = state;
    try {
      for (const segment of node.outgoing) {
        const needed = this.#work.train.has(segment) && !this.#input.store.has(segment.to.key);
        if (!needed) {
          if (this.#hasWork(segment.to)) await this.#walk(segment.to, undefined);
          continue;
        }
        const begin = own;
        own = undefined;
        let end: TrainerState;
        try {
          end = await this.#trainSegment(segment, begin);
        } catch (error) {
          if (!(error instanceof BranchlineError) || error.code !== 'trainer') throw error;
          this.#failures.push({ strategies: [...segment.strategies], error });
          this.#input.events.emit('warning', error.message);
          continue;
        }
        await this.#walk(segment.to, end);
      }
    } finally {
      own?.dispose();
    }
  }

  async #trainSegment(segment: Segment, begin: TrainerState | undefined): Promise<TrainerState> {
    const { store, graph, events, trainer, checkpointEvery, signal } = this.#input;
    const resume = this.#work.train.get(segment);
    let state: TrainerState;
    if (resume !== undefined && store.has(resume.key)) {
      begin?.dispose();
      state = await trainer.restore(await store.open(resume.key));
    } else state = begin ?? (await this.#materialize(segment.from));

    let done = resume?.steps ?? 0;
    let from = resume?.key ?? segment.from.key;
    events.emit('segmentStart', { segment, resumedAt: done });
    try {
      while (done < segment.steps) {
        const goal = Math.min(segment.steps, done + checkpointEvery);
        const { metrics, seconds } = await this.#trainSteps(segment, done, goal, state);
        const reached = done + metrics.length;
        if (metrics.length > 0) {
          const to = reached === segment.steps ? segment.to.key : keyInside(segment, reached, graph.basis.batch);
          await this.#store(segment, state, { from, to, done: reached, metrics, seconds });
          if (from !== segment.from.key) await store.delete(from);
          from = to;
        }
        done = reached;
        if (signal?.aborted && done < segment.steps) throw interrupted();
      }
    } catch (error) {
      state.dispose();
      throw error;
    }
    events.emit('segmentEnd', { segment, reused: false });
    if (this.#targets.has(segment.to)) await this.#input.onTarget(segment.to, state);
    await trimStore(store, segment.to, this.#targets);
    if (signal?.aborted) {
      state.dispose();
      throw interrupted();
    }
    return state;
  }

  /** Trains steps `done` to `goal` of a segment, or fewer when the run is interrupted. */
  async #trainSteps(segment: Segment, done: number, goal: number, state: TrainerState) {
    const { trainer, signal, events, now } = this.#input;
    const batch = this.#batchOf(segment, done, goal);
    const metrics: StepMetrics[] = [];
    const begin = now();
    try {
      for await (const { loss, gradNorm } of trainer.train(state, batch)) {
        const rate = batch.lr[metrics.length]!;
        metrics.push({ loss, gradNorm });
        events.emit('step', { segment, step: done + metrics.length - 1, rate, loss, gradNorm });
        if (signal?.aborted) break;
      }
    } catch (cause) {
      if (cause instanceof BranchlineError) throw cause;
      const step = done + metrics.length;
      const place: Problem = {
        strategy: [...segment.strategies].join(', '),
        step: segment.from.position + step,
        message: messageOf(cause),
      };
      throw new BranchlineError(
        'trainer',
        { ...place, remedy: 'What was trained before this segment is stored; other strategies go on.' },
        { cause },
      );
    }
    return { metrics, seconds: (now() - begin) / 1000 };
  }

  #batchOf(segment: Segment, done: number, goal: number): StepBatch {
    const { orders, graph } = this.#input;
    const { batch } = graph.basis;
    const lr = new Float64Array(goal - done);
    const sequences: Uint32Array[] = [];
    const weights: (Float32Array | undefined)[] = [];
    let index = 0;
    let skip = done;
    for (const run of takeSteps(segment.runs, goal, batch)) {
      const first = Math.min(skip, run.rate.steps);
      skip -= first;
      const part = sliceRun(run, first, run.rate.steps - first, batch);
      const ids = orders.get(run.order)!;
      for (let step = 0; step < part.rate.steps; step++) {
        lr[index++] = rateAt(part.rate, step);
        sequences.push(ids.slice(part.offset + step * batch, part.offset + (step + 1) * batch));
        weights.push(part.weights && Float32Array.from(part.weights));
      }
    }
    return { lr, sequences, ...(weights.some(Boolean) && { weights }) };
  }

  /** Makes a trained stretch durable: metrics, then the checkpoint with the ledger's line in it, then the ledger. */
  async #store(
    segment: Segment,
    state: TrainerState,
    stretch: { from: Digest; to: Digest; done: number; metrics: readonly StepMetrics[]; seconds: number },
  ): Promise<void> {
    const { store, ledger, metrics, model, trainer, graph, now } = this.#input;
    const root = segment.from.root ?? segment.from;
    const at = segment.from.position - root.position + stretch.done;
    const steps = stretch.metrics.length;
    const tokens = steps * graph.basis.batch * model.context;
    const times = ledger.entries.filter(({ to }) => to === stretch.to).length;
    const entry: LedgerEntry = {
      kind: 'train',
      id: times === 0 ? stretch.to : digestJson({ again: stretch.to, times }),
      from: stretch.from,
      to: stretch.to,
      root: root.key,
      at,
      steps,
      tokens,
      flops: (BigInt(model.flopsPerToken) * BigInt(tokens)).toString(),
      deviceSeconds: stretch.seconds,
      device: trainer.describe().device,
      requestedBy: [...segment.strategies],
      time: new Date(now()).toISOString(),
    };
    await metrics.write(stretch.to, stretch.from, stretch.metrics);
    const draft: ManifestDraft = {
      key: stretch.to,
      root: root.key,
      steps: at,
      optimizerStep: state.step,
      kind: 'step',
      stretch: entry,
    };
    await store.write(draft, (writer) => trainer.save(state, writer));
    await ledger.append(entry);
  }

  /** The state of a node that is stored or costs nothing to make. */
  async #materialize(node: GraphNode): Promise<TrainerState> {
    const { trainer, store } = this.#input;
    const { recipe } = node;
    if (recipe?.kind === 'init') return trainer.initialize(recipe.seed);
    if (recipe?.kind === 'reset') {
      const source = node.sources[0]!.node;
      if (source.kind === 'init' && !store.has(source.key)) return this.#materialize(source);
      const { weights, optimizer, seed } = recipe;
      return trainer.restore(await store.open(source.key), { weights, optimizer, seed });
    }
    return trainer.restore(await store.open(node.key));
  }

  async #derive(node: GraphNode): Promise<TrainerState> {
    const { trainer, store } = this.#input;
    const parts = [];
    for (const { node: source, weight } of node.sources)
      parts.push({ checkpoint: await store.open(source.key), weight });
    const state = await trainer.combine(parts);
    const draft: ManifestDraft = { key: node.key, root: node.key, steps: 0, optimizerStep: 0, kind: 'derived' };
    await store.write(draft, (writer) => trainer.save(state, writer));
    if (this.#targets.has(node)) await this.#input.onTarget(node, state);
    for (const { node: source } of node.sources) await trimStore(store, source, this.#targets);
    return state;
  }

  /** Books stretches whose checkpoint was stored when the process was killed before the ledger's line was. */
  async #completeLedger(): Promise<void> {
    const { store, ledger } = this.#input;
    const missing = store.list().flatMap(({ stretch }) => (stretch && !ledger.has(stretch.id) ? [stretch] : []));
    for (const entry of missing.sort((a, b) => a.at - b.at)) await ledger.append(entry);
  }
}

/** What Ctrl-C turns into: everything up to the last whole step is stored. */
export function interrupted(): BranchlineError {
  return new BranchlineError('interrupted', {
    message: 'stopped; everything up to the last step is stored',
    remedy: 'Run the same command again to go on.',
  });
}
