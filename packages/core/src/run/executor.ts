/**
 * Trains what a run graph needs and the store does not have: depth first from the roots, each segment once. A state is
 * stored before anything rests on it, and every stretch is booked when its state is safely stored.
 */
import { BranchlineError, type Failure } from '../errors.js';
import { type GraphNode, keyInside, type RunGraph, type Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { Budget } from '../ledger/budget.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import type { CheckpointStore, ManifestDraft } from '../store/checkpoint-store.js';
import type { EvaluationStore } from '../store/evaluations.js';
import type { DirectoryLock } from '../store/lock.js';
import type { ChunkStore } from '../store/training-chunks.js';
import type { CheckpointWriter, ModelDescription, StepMetrics, Trainer, TrainerState } from '../trainer/trainer.js';
import { batchesOf } from './batches.js';
import { BudgetGuard } from './budget-guard.js';
import { sizeOf } from './disk-forecast.js';
import type { RunEmitter, WorkAhead } from './events.js';
import { findWork, type Work } from './missing-work.js';
import { collectGarbage, collectGarbageAround, evictableNodes, type KeptForOthers } from './retention.js';
import { callTrainer, diskFull, interrupted, trainerError } from './run-errors.js';

export interface ExecutorInput {
  readonly graph: RunGraph;
  /** States that must exist at the end. */
  readonly targets: readonly GraphNode[];
  readonly orders: ReadonlyMap<Digest, Uint32Array>;
  readonly model: ModelDescription;
  readonly trainer: Trainer;
  readonly store: CheckpointStore;
  readonly books: LedgerWriter;
  readonly lock: DirectoryLock;
  readonly stretches: ChunkStore;
  readonly evaluations: EvaluationStore;
  readonly events: RunEmitter;
  /** Steps between checkpoints inside a segment. */
  readonly checkpointEvery: number;
  /** Aborted: the run stops after the step it is in, with that step stored. */
  readonly signal?: AbortSignal;
  /** Used up: the run stops like that too. */
  readonly budget?: Budget;
  /** Bytes that checkpoints may take. */
  readonly diskLimit?: number;
  /** What other plans of this directory need now. */
  readonly keptForOthers: () => KeptForOthers;
  /** Called when a target exists, with its state when it was just made. A `trainer` error stops only those who need the target. */
  readonly onTarget: (node: GraphNode, state: TrainerState | undefined) => Promise<void>;
}

export class Executor {
  readonly #input: ExecutorInput;
  #work: Work;
  readonly #targets: ReadonlySet<GraphNode>;
  readonly #failures: Failure[] = [];
  readonly #failed = new Set<Segment | GraphNode>();
  readonly #guard: BudgetGuard;
  readonly #kept: KeptForOthers;
  #damage = false;

  constructor(input: ExecutorInput) {
    this.#input = input;
    this.#targets = new Set(input.targets);
    this.#kept = input.keptForOthers();
    const tokensPerStep = input.graph.basis.batch * input.model.context;
    this.#guard = new BudgetGuard(input.budget ?? {}, input.books, tokensPerStep);
    this.#work = findWork(input.targets, input.store, input.graph.basis.batch);
  }

  /** What will be trained. */
  get work(): Work {
    return this.#work;
  }

  /** The same in figures, for whoever shows progress. */
  get ahead(): WorkAhead {
    const { graph, model, targets } = this.#input;
    const seeds = new Set(graph.roots.map(({ seed }) => seed)).size;
    const tokensPerStep = graph.basis.batch * model.context;
    const { steps, train } = this.#work;
    return { steps, segments: train.size, tokensPerStep, releases: targets.length, seeds };
  }

  /** Trains everything that is missing. Returns the failures of single parts of the graph; throws what stops the whole run. */
  async run(): Promise<readonly Failure[]> {
    await this.#completeLedger();
    const { graph, store, targets, keptForOthers } = this.#input;
    // Another plan may have stored on its way what this one releases, or begins from.
    for (const { key } of graph.nodes()) await store.keep(key);
    for (const node of targets) {
      if (!store.has(node.key)) continue;
      this.#stopIfAborted();
      await this.#reach(node, undefined);
    }
    await this.#makeRoom(0);
    // A damaged checkpoint turns up only when it is read, and then counts as missing: look again until nothing is. Every
    // round but the last sets at least one aside.
    for (let rounds = store.list().length + 1; rounds > 0; rounds--) {
      this.#work = findWork(targets, store, graph.basis.batch);
      this.#damage = false;
      // Roots are made in an order in which each comes after those it is made from.
      for (const root of graph.roots) await this.#pass(root);
      if (!this.#damage) break;
    }
    await collectGarbage(store, graph, this.#targets, keptForOthers());
    return this.#failures;
  }

  /** Makes a root and trains what is needed behind it. */
  #pass(root: GraphNode): Promise<void> {
    return this.#attempt(root, root, async () => {
      const { store } = this.#input;
      const missing = this.#work.make.has(root) && !store.has(root.key);
      if (!missing && !this.#hasWork(root)) return;
      // What it is made from failed or turned out to be damaged: somebody else told so, and the next round looks again.
      if (!store.has(root.key) && root.sources.some(({ node }) => !store.has(node.key))) return;
      await this.#walk(root, missing ? await this.#make(root) : undefined);
    });
  }

  #hasWork(node: GraphNode): boolean {
    return node.outgoing.some((segment) => this.#work.train.has(segment) || this.#hasWork(segment.to));
  }

  /**
   * Does some work for strategies. What the trainer throws is recorded as their failure, and `part` is not tried again; a damaged
   * checkpoint is told and counts as missing from now on; everything else stops the run.
   */
  async #attempt(
    part: Segment | GraphNode | undefined,
    { strategies, seed }: Pick<GraphNode, 'strategies' | 'seed'>,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      if (part === undefined || !this.#failed.has(part)) await work();
    } catch (error) {
      if (!(error instanceof BranchlineError)) throw error;
      if (error.code !== 'damaged' && error.code !== 'trainer') throw error;
      this.#input.events.emit('warning', error.message);
      if (error.code === 'damaged') {
        this.#damage = true;
        return;
      }
      if (part !== undefined) this.#failed.add(part);
      this.#failures.push({ strategies: [...strategies], seeds: [seed], error });
    }
  }

  /** Trains what is needed behind a node. Takes over `state`, which is the node's when it is there. */
  async #walk(node: GraphNode, state: TrainerState | undefined): Promise<void> {
    let own = state;
    try {
      for (const segment of node.outgoing) {
        const missing = this.#work.train.has(segment) && !this.#input.store.has(segment.to.key);
        if (missing && this.#failed.has(segment)) continue;
        if (!missing) {
          if (this.#hasWork(segment.to)) await this.#walk(segment.to, undefined);
          continue;
        }
        const begin = own;
        own = undefined;
        let end: TrainerState | undefined;
        const { strategies } = segment;
        await this.#attempt(segment, { strategies, seed: node.seed }, async () => {
          end = await this.#trainSegment(segment, begin);
        });
        if (end !== undefined) await this.#walk(segment.to, end);
      }
    } finally {
      own?.dispose();
    }
  }

  /** Trains a segment. Takes over `begin`; the state returned is the caller's. */
  async #trainSegment(segment: Segment, begin: TrainerState | undefined): Promise<TrainerState> {
    const { store, events, trainer, checkpointEvery } = this.#input;
    const resume = this.#work.train.get(segment);
    if (resume !== undefined) begin?.dispose();
    const strategies = segment.strategies;
    const state =
      resume !== undefined
        ? await callTrainer(strategies, 'restore', async () => trainer.restore(await store.open(resume.key)))
        : (begin ?? (await this.#materialize(segment.from)));
    try {
      let done = resume?.steps ?? 0;
      let from = resume?.key ?? segment.from.key;
      events.emit('segmentStart', { segment, resumedAt: done });
      while (done < segment.steps) {
        this.#stopIfSpent();
        const goal = Math.min(segment.steps, done + checkpointEvery);
        const { metrics, seconds, problem } = await this.#trainSteps(segment, done, goal, state);
        done += metrics.length;
        if (metrics.length > 0) from = await this.#storeStretch(segment, state, { from, done, metrics, seconds });
        if (problem !== undefined) throw problem;
        if (done < segment.steps) this.#stopIfAborted();
      }
      events.emit('segmentEnd', { segment, reused: false });
      await this.#reach(segment.to, state);
      await collectGarbageAround(store, segment.to, this.#targets, this.#kept);
      this.#stopIfAborted();
      return state;
    } catch (error) {
      state.dispose();
      throw error;
    }
  }

  /** Trains steps `done` to `goal` of a segment; fewer when the run is interrupted, or when one fails, with the problem. */
  async #trainSteps(segment: Segment, done: number, goal: number, state: TrainerState) {
    const { trainer, signal, events, orders, graph } = this.#input;
    const batch = batchesOf(segment, done, goal, orders, graph.basis.batch);
    const metrics: StepMetrics[] = [];
    // Not the clock of the ledger's dates, which can be set back.
    const begin = performance.now();
    let problem: BranchlineError | undefined;
    let stopped = false;
    const fail = (cause: unknown) => {
      const step = segment.from.position + done + metrics.length;
      problem = trainerError(segment.strategies, cause, { step });
    };
    try {
      for await (const { loss, gradNorm } of trainer.train(state, batch)) {
        const rate = batch.lr[metrics.length]!;
        if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
        metrics.push({ loss, gradNorm });
        events.emit('step', { segment, step: done + metrics.length - 1, rate, loss, gradNorm });
        stopped = signal?.aborted === true || this.#guard.stopsAfter(metrics.length, secondsSince(begin));
        if (stopped) break;
      }
      if (!stopped && metrics.length !== goal - done) {
        throw new Error(`the trainer made ${metrics.length} steps of ${goal - done}`);
      }
    } catch (cause) {
      fail(cause);
      // The state may be anything now; what was stored before stays.
      metrics.length = 0;
    }
    return { metrics, seconds: secondsSince(begin), problem };
  }

  /** Makes a trained stretch durable: its record, then the checkpoint, then the ledger's line. Returns its key. */
  async #storeStretch(
    segment: Segment,
    state: TrainerState,
    stretch: { from: Digest; done: number; metrics: readonly StepMetrics[]; seconds: number },
  ): Promise<Digest> {
    const { store, books, lock, stretches, model, graph } = this.#input;
    const { batch } = graph.basis;
    const whole = stretch.done === segment.steps;
    const to = whole ? segment.to.key : keyInside(segment, stretch.done, batch);
    const root = (segment.from.root ?? segment.from).key;
    const at = segment.from.position - (segment.from.root ?? segment.from).position + stretch.done;
    const steps = stretch.metrics.length;
    const tokens = steps * batch * model.context;
    const { strategies: requestedBy } = segment;
    const { seed } = segment.to;
    const place = { from: stretch.from, to, root, at, steps, tokens, seed, requestedBy };
    const entry = books.trained(place, stretch.seconds);
    lock.assertHeld();
    await stretches.write(entry, stretch.metrics);
    const draft: ManifestDraft = {
      key: to,
      root,
      steps: at,
      optimizerStep: state.step,
      kind: 'step',
    };
    await this.#makeRoom(this.#sizeOf(segment.to));
    await this.#save(segment.strategies, whole ? draft : { ...draft, rolling: true }, state);
    await books.append(entry);
    if (store.manifest(stretch.from)?.rolling && !this.#kept.wanted.has(stretch.from)) await store.delete(stretch.from);
    return to;
  }

  async #save(strategies: ReadonlySet<string>, draft: ManifestDraft, state: TrainerState): Promise<void> {
    const { store, lock, trainer } = this.#input;
    lock.assertHeld();
    // The moments of an average are zero, and need no space.
    const only = (writer: CheckpointWriter) => (draft.kind === 'derived' ? weightsOnly(writer) : writer);
    await store.write(draft, (writer) => callTrainer(strategies, 'save', () => trainer.save(state, only(writer))));
  }

  /** The state of a node that is stored or costs nothing to make. */
  async #materialize(node: GraphNode): Promise<TrainerState> {
    const { trainer, store } = this.#input;
    const { recipe } = node;
    if (recipe === undefined || store.has(node.key)) {
      return callTrainer(node.strategies, 'restore', async () => trainer.restore(await store.open(node.key)));
    }
    if (recipe.kind === 'init')
      return callTrainer(node.strategies, 'initialize', () => trainer.initialize(recipe.seed));
    if (recipe.kind === 'derived') {
      return callTrainer(node.strategies, 'combine', async () => {
        const parts = [];
        for (const { node: source, weight } of node.sources) {
          parts.push({ checkpoint: await store.open(source.key, ['weights']), weight });
        }
        return trainer.combine(parts);
      });
    }
    const { weights, optimizer, seed } = recipe;
    const [source] = node.sources;
    return callTrainer(node.strategies, 'restore', async () =>
      trainer.restore(await store.open(source!.node.key), { weights, optimizer, seed }),
    );
  }

  /** Makes and stores a root. The state returned is the caller's. */
  async #make(node: GraphNode): Promise<TrainerState> {
    const { store } = this.#input;
    const state = await this.#materialize(node);
    try {
      const kind = node.kind;
      await this.#makeRoom(this.#sizeOf(node));
      await this.#save(
        node.strategies,
        { key: node.key, root: node.key, steps: 0, optimizerStep: state.step, kind },
        state,
      );
      await this.#reach(node, state);
      for (const { node: source } of node.sources) await collectGarbageAround(store, source, this.#targets, this.#kept);
      return state;
    } catch (error) {
      state.dispose();
      throw error;
    }
  }

  /** Tells that a target exists. When that fails, as an evaluation can, training goes on behind it. */
  async #reach(node: GraphNode, state: TrainerState | undefined): Promise<void> {
    if (!this.#targets.has(node)) return;
    await this.#attempt(undefined, node, () => this.#input.onTarget(node, state));
  }

  #sizeOf(node: GraphNode): number {
    const { store, model } = this.#input;
    return sizeOf(node, { store, parameters: model.parameters });
  }

  /** Holds the disk limit: deletes what nobody has more use for until there is room for so many bytes. */
  async #makeRoom(size: number): Promise<void> {
    const { store, graph, diskLimit } = this.#input;
    if (diskLimit === undefined || store.bytes + size <= diskLimit) return;
    for (const spare of evictableNodes(store, graph, this.#targets, this.#kept)) {
      await store.delete(spare.key);
      if (store.bytes + size <= diskLimit) return;
    }
    throw diskFull(store.bytes + size, diskLimit);
  }

  /** LedgerWriter what was stored when the process was killed before the ledger's line was written, or whose line was damaged. */
  async #completeLedger(): Promise<void> {
    const { store, stretches, evaluations, books, events } = this.#input;
    const missing = [
      ...(await stretches.unbooked(books.ledger, (key) => store.has(key))),
      ...(await evaluations.unbooked(books.ledger)),
    ];
    for (const entry of missing) await books.append(entry);
    // One is what a process that was killed at the wrong moment leaves.
    if (missing.length > 1) {
      events.emit('warning', `${missing.length} entries were missing in the ledger and were booked from their records`);
    }
  }

  #stopIfAborted(): void {
    if (this.#input.signal?.aborted) throw interrupted();
  }

  #stopIfSpent(): void {
    const { targets, store, graph } = this.#input;
    this.#guard.assertLeft(() => findWork(targets, store, graph.basis.batch).steps);
  }
}

const weightsOnly = (writer: CheckpointWriter): CheckpointWriter => ({
  write: async (group, tensors) => {
    if (group === 'weights') await writer.write(group, tensors);
  },
});

const secondsSince = (begin: number) => (performance.now() - begin) / 1000;
