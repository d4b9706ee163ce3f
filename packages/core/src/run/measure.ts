/**
 * Measures the losses that reactive plugins wait for, sequence by sequence, and stores them, so that a resumed run
 * makes the same decisions.
 */
import { join } from 'node:path';
import { inject, injectable } from '../di.js';
import { BranchlineError, type Failure } from '../errors.js';
import { LOSSES } from '../ledger/attribute.js';
import { LedgerWriter, placeOf } from '../ledger/ledger-writer.js';
import type { OpenStrategy, PlanInput } from '../plan/experiment-plan.js';
import { EvaluationStore } from '../store/evaluations.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { MODEL, type ModelDescription, TRAINER, type Trainer } from '../trainer/trainer.js';
import { callTrainer, damagedText } from './run-errors.js';

/** Looks up stored loss measurements of a run directory, which need not exist. Writes nothing. */
export function measuredIn(directory: string): NonNullable<PlanInput['measured']> {
  const store = EvaluationStore.look(join(directory, 'evaluations'));
  return async (state, question) => {
    const record = await store.read(state, question);
    return record && Float64Array.from(record.results, ({ nll, tokens }) => nll / tokens);
  };
}

/** Measures losses for reactive strategies. */
@injectable()
export class LossMeasurer {
  constructor(
    @inject(TRAINER) private readonly trainer: Trainer,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(MODEL) private readonly model: ModelDescription,
  ) {}

  /** Measures the losses that open strategies request. `progress` is false when no request could be measured. */
  async measure(open: readonly OpenStrategy[]) {
    const failures: Failure[] = [];
    let progress = false;
    for (const strategy of open) {
      if (!this.run.store.has(strategy.node.key)) continue;
      try {
        await this.#measureOne(strategy);
        progress = true;
      } catch (error) {
        if (!(error instanceof BranchlineError) || (error.code !== 'trainer' && error.code !== 'damaged')) throw error;
        const { name, seed } = strategy.strategy;
        failures.push({ strategies: [name], seeds: [seed], error });
      }
    }
    return { progress, failures };
  }

  /** Measures the losses of one stored state, unless the measurement is stored. */
  async #measureOne({ strategy, node, sequences, question, version }: OpenStrategy): Promise<void> {
    const { trainer, run, ledgerWriter } = this;
    const stored = await run.evaluations.read(node.key, question);
    if (stored !== undefined) return ledgerWriter.append(stored.entry);
    const names = new Set([strategy.name]);
    const begin = performance.now();
    const results = await callTrainer(names, 'measure losses', async () => {
      const own = await trainer.restore(await run.store.open(node.key, ['weights']));
      try {
        return await trainer.evaluate(own, { digest: question, parts: partsOf(version, sequences) });
      } catch (cause) {
        throw cause instanceof BranchlineError ? damagedText(cause) : cause;
      } finally {
        own.dispose();
      }
    });
    const seconds = (performance.now() - begin) / 1000;
    const set = { digest: question, tokens: sequences.length * this.model.context };
    const entry = { ...ledgerWriter.evaluated(placeOf(node), set, seconds, names), version, note: LOSSES };
    await run.evaluations.write(node.key, question, { results, entry });
    await ledgerWriter.append(entry);
  }
}

/** An evaluation part for each sequence. */
function partsOf(version: number, sequences: Uint32Array) {
  return Array.from(sequences, (id) => ({ version, domain: '', sequences: Uint32Array.of(id), bytes: 0 }));
}
