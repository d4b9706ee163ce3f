import { join } from 'node:path';
import { inject, injectable } from '../di.js';
import { writeFileAtomic } from '../files/durable.js';
import type { Digest } from '../json.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { type ExperimentPlan, PLAN } from '../plan/experiment-plan.js';
import { RUN_DIRECTORY, type RunDirectory } from '../store/run-directory.js';
import { MODEL, type ModelDescription } from '../trainer/trainer.js';
import { billOf } from './bill.js';
import { ExperimentCosts } from './costs.js';
import { reusedEntries } from './reuse.js';

/** Does the final accounting of a plan: charges of plugins, reused segments, and the bill. */
@injectable()
export class BillWriter {
  constructor(
    @inject(PLAN) private readonly plan: ExperimentPlan,
    @inject(RUN_DIRECTORY) private readonly run: RunDirectory,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
    @inject(MODEL) private readonly model: ModelDescription,
  ) {}

  /** Costs of the plan according to the ledger of the run directory. `sets`: evaluation sets of the releases. */
  costs(sets: readonly Digest[]): ExperimentCosts {
    return new ExperimentCosts(this.plan, this.run.ledger.entries, sets);
  }

  /**
   * Books charges and reused segments, seals the ledger and writes `bill.jsonl`. Also called when a run was stopped.
   */
  async settle(sets: readonly Digest[]): Promise<void> {
    const { plan, run, ledgerWriter, model } = this;
    run.lock.assertHeld();
    for (const { strategy } of plan.strategies) {
      for (const charge of strategy.charges.values()) {
        await ledgerWriter.append(ledgerWriter.charged(strategy, charge));
      }
    }
    for (const entry of reusedEntries(plan, ledgerWriter, model.context)) await ledgerWriter.append(entry);
    await run.ledger.seal();
    const text = billOf(this.costs(sets)).map((row) => `${JSON.stringify(row)}\n`);
    await writeFileAtomic(join(run.directory, 'bill.jsonl'), text.join(''));
  }
}
