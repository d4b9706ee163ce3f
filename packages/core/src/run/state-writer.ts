import { inject, injectable } from '../di.js';
import { provenanceOf } from '../graph/node-provenance.js';
import type { SaveOperation, TrainOperation } from '../graph/operations.js';
import { objectiveIn, rootOf, stepsSinceRoot } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { LedgerEntry } from '../ledger/entry.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { type ExperimentSpec, SPEC } from '../plan/experiment-spec.js';
import { bytesOf } from '../store/manifest.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import {
  type CheckpointWriter,
  MODEL,
  type ModelDescription,
  TRAINER,
  type Trainer,
  type TrainerState,
} from '../trainer/trainer.js';

import { callTrainer, diskFull } from './run-errors.js';
import type { TrainedSteps } from './state-maker.js';

/** Training that is not stored yet. */
export interface TrainingChunk {
  readonly operation: TrainOperation;
  readonly trained: TrainedSteps;
}

/**
 * Makes states and the cost of their training durable, in this order: record of the training chunk, checkpoint, ledger
 * line.
 */
@injectable()
export class StateWriter {
  constructor(
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(MODEL) private readonly model: ModelDescription,
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(SPEC) private readonly spec: ExperimentSpec,
  ) {}

  /** Makes rolling states of earlier runs permanent where this plan has a node. */
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
   * there is a limit and the size differs from the expected one.
   */
  async save(operation: SaveOperation, state: TrainerState, chunk?: TrainingChunk): Promise<boolean> {
    const { run, ledgerWriter } = this;
    this.#assertRoom(operation);
    run.lock.assertHeld();
    const entry = chunk && this.#entryOf(operation, chunk);
    if (entry !== undefined) await run.chunks.write(entry, chunk!.trained.metrics);
    const bytes = await this.#write(operation, state, chunk);
    if (entry !== undefined) await ledgerWriter.append(entry, () => chunk!.trained.meter.close());
    return this.spec.diskLimit === undefined || bytes === operation.bytes;
  }

  /**
   * Books states and evaluations that were stored without a ledger line, because the process was killed or the line was
   * damaged. Returns their number.
   */
  async completeLedger(): Promise<number> {
    const { run, ledgerWriter } = this;
    const missing = [
      ...(await run.chunks.unbooked(ledgerWriter.ledger, (key) => run.store.has(key))),
      ...(await run.evaluations.unbooked(ledgerWriter.ledger)),
    ];
    for (const entry of missing) await ledgerWriter.append(entry);
    return missing.length;
  }

  #entryOf({ key, node }: SaveOperation, chunk: TrainingChunk): LedgerEntry {
    const { operation, trained } = chunk;
    const steps = trained.metrics.length;
    const tokens = steps * this.plan.graph.basis.batch * this.model.context;
    const { strategies: requestedBy } = operation.segment;
    const objective = objectiveIn(operation.segment);
    const [from] = operation.reads;
    const root = rootOf(node).key;
    const place = { from: from!, to: key, root, at: stepsFromRoot(chunk), steps, tokens, seed: node.seed, requestedBy };
    return this.ledgerWriter.trained({ ...place, objective }, trained.seconds);
  }

  async #write({ key, node, rolling }: SaveOperation, state: TrainerState, chunk?: TrainingChunk): Promise<number> {
    const { run, trainer } = this;
    const { kind } = node;
    const root = rootOf(node).key;
    const steps = chunk === undefined ? 0 : stepsFromRoot(chunk);
    const provenance = provenanceOf(node);
    const draft = { key, root, steps, optimizerStep: state.step, kind, provenance };
    const strategies = chunk?.operation.segment.strategies ?? node.strategies;
    run.lock.assertHeld();
    // The moments of an average are zero and are not stored.
    const only = (writer: CheckpointWriter) => (kind === 'derived' ? weightsOnly(writer) : writer);
    const manifest = await run.store.write({ ...draft, ...(rolling && { rolling: true as const }) }, (writer) =>
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

/** Steps from the root to the state at the end of a chunk. */
function stepsFromRoot({ operation, trained }: TrainingChunk): number {
  return stepsSinceRoot(operation.segment.from) + operation.from + trained.metrics.length;
}

const weightsOnly = (writer: CheckpointWriter): CheckpointWriter => ({
  write: async (group, tensors) => {
    if (group === 'weights') await writer.write(group, tensors);
  },
  ...(writer.writeFile && {
    writeFile: async (group, write) => {
      if (group === 'weights') await writer.writeFile!(group, write);
    },
  }),
});
