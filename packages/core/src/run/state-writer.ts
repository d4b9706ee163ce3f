import { inject, injectable } from '../di.js';
import type { SaveOperation, TrainOperation } from '../graph/operations.js';
import type { Digest } from '../json.js';
import type { LedgerEntry } from '../ledger/entry.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import {
  type CheckpointWriter,
  MODEL,
  type ModelDescription,
  TRAINER,
  type Trainer,
  type TrainerState,
} from '../trainer/trainer.js';
import { bytesOf } from './compile-operations.js';
import { callTrainer, diskFull } from './run-errors.js';
import type { TrainedSteps } from './state-maker.js';

/** Training that is not durable yet. */
export interface TrainingChunk {
  readonly operation: TrainOperation;
  readonly trained: TrainedSteps;
}

/**
 * Makes states durable, with what their training cost: the record of the steps, then the checkpoint, then the line of
 * the ledger.
 */
@injectable()
export class StateWriter {
  constructor(
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly books: LedgerWriter,
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(SPEC) private readonly spec: ExperimentSpec,
  ) {}

  /** Makes states that earlier runs stored only for resuming permanent where this plan has a node. */
  async keepPlanned(): Promise<void> {
    for (const { key } of this.plan.graph.nodes()) await this.run.store.keep(key);
  }

  isStored(key: Digest): boolean {
    return this.run.store.has(key);
  }

  async delete(key: Digest): Promise<void> {
    this.run.lock.assertHeld();
    await this.run.store.delete(key);
  }

  /**
   * Stores a state; `chunk` is the training that made it. Throws when the disk limit leaves no room. Returns false when
   * there is a limit and the size is not the expected one.
   */
  async save(operation: SaveOperation, state: TrainerState, chunk?: TrainingChunk): Promise<boolean> {
    const { run, books } = this;
    this.#assertRoom(operation);
    run.lock.assertHeld();
    const entry = chunk && this.#entryOf(operation, chunk);
    if (entry !== undefined) await run.stretches.write(entry, chunk!.trained.metrics);
    const bytes = await this.#write(operation, state, chunk);
    if (entry !== undefined) await books.append(entry);
    return this.spec.diskLimit === undefined || bytes === operation.bytes;
  }

  /**
   * Adds to the ledger, and counts, what was stored when the process was killed before its line was written, or whose
   * line was damaged.
   */
  async completeLedger(): Promise<number> {
    const { run, books } = this;
    const missing = [
      ...(await run.stretches.unbooked(books.ledger, (key) => run.store.has(key))),
      ...(await run.evaluations.unbooked(books.ledger)),
    ];
    for (const entry of missing) await books.append(entry);
    return missing.length;
  }

  #entryOf({ key, node }: SaveOperation, chunk: TrainingChunk): LedgerEntry {
    const { operation, trained } = chunk;
    const steps = trained.metrics.length;
    const tokens = steps * this.plan.graph.basis.batch * this.model.context;
    const { strategies: requestedBy } = operation.segment;
    const [from] = operation.reads;
    const root = (node.root ?? node).key;
    const place = { from: from!, to: key, root, at: stepsFromRoot(chunk), steps, tokens, seed: node.seed, requestedBy };
    return this.books.trained(place, trained.seconds);
  }

  async #write({ key, node, rolling }: SaveOperation, state: TrainerState, chunk?: TrainingChunk): Promise<number> {
    const { run, trainer } = this;
    const { kind } = node;
    const root = (node.root ?? node).key;
    const steps = chunk === undefined ? 0 : stepsFromRoot(chunk);
    const draft = { key, root, steps, optimizerStep: state.step, kind, ...(rolling && { rolling: true as const }) };
    const strategies = chunk?.operation.segment.strategies ?? node.strategies;
    run.lock.assertHeld();
    // The moments of an average are zero, and need no space.
    const only = (writer: CheckpointWriter) => (kind === 'derived' ? weightsOnly(writer) : writer);
    const manifest = await run.store.write(draft, (writer) =>
      callTrainer(strategies, 'save', () => trainer.save(state, only(writer))),
    );
    return bytesOf(manifest);
  }

  #assertRoom({ bytes }: SaveOperation): void {
    const { diskLimit } = this.spec;
    const needed = this.run.store.bytes + bytes;
    if (diskLimit !== undefined && needed > diskLimit) throw diskFull(needed, diskLimit);
  }
}

/** Of the state that a chunk ends with. */
function stepsFromRoot({ operation, trained }: TrainingChunk): number {
  const { from } = operation.segment;
  return from.position - (from.root ?? from).position + operation.from + trained.metrics.length;
}

const weightsOnly = (writer: CheckpointWriter): CheckpointWriter => ({
  write: async (group, tensors) => {
    if (group === 'weights') await writer.write(group, tensors);
  },
});
