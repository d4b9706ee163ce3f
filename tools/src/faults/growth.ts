/** Compares a run that was updated to its last version with one that had all versions from the start. */
import { canonicalJson, type JsonValue, type LedgerEntry } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { type Finished, labelOf } from './verify.ts';

/**
 * Differences of what an update booked from what was missing: the entries of the earlier versions must be unchanged,
 * and each missing step must be booked once, in any number of chunks.
 *
 * @param earlier The run before the update.
 * @param undisturbed The run that had all versions from the start.
 */
export function compareGrowth(earlier: Finished, undisturbed: Finished, run: Finished): readonly string[] {
  const kept = run.ledger.slice(0, earlier.ledger.length);
  if (canonicalOf(kept) !== canonicalOf(earlier.ledger)) {
    return ['the ledger does not begin with the entries of the earlier versions'];
  }
  const had = new Set(trainedIn(earlier.ledger).map(({ to }) => to));
  const added = trainedIn(run.ledger.slice(earlier.ledger.length));
  const endsIn = new Map(added.map((entry) => [entry.to, entry]));
  const needed = new Set<LedgerEntry>();
  let lacking = 0;
  for (const { from, to, steps } of trainedIn(undisturbed.ledger).filter((entry) => !had.has(entry.to))) {
    let left = steps;
    // A process that stops ends its chunk early; the next one continues from there.
    for (let at = to; at !== from; ) {
      const entry = endsIn.get(at);
      if (entry === undefined || needed.has(entry)) break;
      needed.add(entry);
      left -= entry.steps;
      at = entry.from;
    }
    lacking += Math.max(0, left);
  }
  const again = stepsOf(added) - stepsOf([...needed]);
  return [
    ...(lacking > 0 ? [`${lacking} steps of the last version are not in the ledger`] : []),
    ...(again > 0 ? [`${again} steps were booked that were not missing`] : []),
  ];
}

/** Releases of a complete run that are not in later results of its directory. Empty if all are there. */
export function compareKept(earlier: Results, later: Results): readonly string[] {
  return earlier.strategies.flatMap((before) => {
    const name = labelOf(before);
    const after = later.strategies.find((strategy) => labelOf(strategy) === name)?.releases ?? [];
    return before.releases.flatMap(({ version, weightsDigest }) =>
      after.find((release) => release.version === version)?.weightsDigest === weightsDigest
        ? []
        : [`${name}, version ${version}: a stopped update took it from the results`],
    );
  });
}

const canonicalOf = (entries: readonly LedgerEntry[]) => canonicalJson(entries as unknown as JsonValue);
const trainedIn = (entries: readonly LedgerEntry[]) => entries.filter(({ kind }) => kind === 'train');
const stepsOf = (entries: readonly LedgerEntry[]) => entries.reduce((sum, { steps }) => sum + steps, 0);
