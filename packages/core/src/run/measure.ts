/**
 * Measures the losses that a reactive plugin waits for, sequence by sequence, and keeps them: a resumed run decides
 * alike.
 */
import { join } from 'node:path';
import { BranchlineError } from '../errors.js';
import { LOSSES } from '../ledger/attribute.js';
import type { LedgerWriter } from '../ledger/ledger-writer.js';
import type { OpenStrategy, PlanInput } from '../plan/experiment-plan.js';
import { EvaluationStore } from '../store/evaluations.js';
import type { RunDirectory } from '../store/run-directory.js';
import type { EvaluationResult, Trainer } from '../trainer/trainer.js';
import { callTrainer, damagedText } from './run-errors.js';

/** What was measured in a run directory, which need not exist; touches nothing. */
export function measuredIn(directory: string): NonNullable<PlanInput['measured']> {
  const store = EvaluationStore.look(join(directory, 'evaluations'));
  return async (state, question) => {
    const record = await store.read(state, question);
    return record && Float64Array.from(record.results, ({ nll, tokens }) => nll / tokens);
  };
}

/** Measures what one strategy waits for, unless that was done. Its state must be stored. */
export async function measure(
  { strategy, node, sequences, question, version }: OpenStrategy,
  { trainer, run, books, context }: { trainer: Trainer; run: RunDirectory; books: LedgerWriter; context: number },
): Promise<void> {
  const stored = await run.evaluations.read(node.key, question);
  if (stored !== undefined) return books.append(stored.entry);
  const names = new Set([strategy.name]);
  const begin = performance.now();
  const results = await callTrainer(names, 'measure losses', evaluate);
  const seconds = (performance.now() - begin) / 1000;
  const root = node.root ?? node;
  const state = { key: node.key, root: root.key, at: node.position - root.position, seed: node.seed };
  const set = { digest: question, tokens: sequences.length * context };
  const entry = { ...books.evaluated(state, set, seconds, names), version, note: LOSSES };
  await run.evaluations.write(node.key, question, { results, entry });
  await books.append(entry);

  async function evaluate(): Promise<readonly EvaluationResult[]> {
    const own = await trainer.restore(await run.store.open(node.key, ['weights']));
    try {
      return await trainer.evaluate(own, { digest: question, parts: partsOf(version, sequences) });
    } catch (cause) {
      throw cause instanceof BranchlineError ? damagedText(cause) : cause;
    } finally {
      own.dispose();
    }
  }
}

/** One part for each sequence. */
function partsOf(version: number, sequences: Uint32Array) {
  return Array.from(sequences, (id) => ({ version, domain: '', sequences: Uint32Array.of(id), bytes: 0 }));
}
