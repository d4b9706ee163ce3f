import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { BranchlineError, Ledger, type LedgerEntry, type Results } from '@branchline/core';
import { duration, percent, plural, short, whole } from '../ui/format.js';
import { type Style, styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';
import { checkRunDirectory, readResults } from './run-directory.js';

/** Shows entries, sums and, when the run has come to its end, who owes what. */
export async function showLedger({ run, json }: { readonly run: string; readonly json: boolean }): Promise<void> {
  await checkRunDirectory(run);
  const file = join(run, 'ledger.jsonl');
  await access(file).catch((cause: unknown) => {
    const message = `${run} has no ledger.jsonl: nothing was trained there`;
    throw new BranchlineError('store', { message, remedy: 'Name the directory that bench wrote.' }, { cause });
  });
  const entries = await Ledger.read(file);
  const results = await readResults(run);
  if (json) {
    const strategies = results?.strategies.map(({ name, cost }) => ({ name, cost }));
    const total = totalOf(entries);
    process.stdout.write(`${JSON.stringify({ file, verified: true, total, strategies, entries }, null, 2)}\n`);
    return;
  }
  const style = styleFor(process.stdout);
  const parts = [
    entriesTable(entries, style),
    ...(results === undefined
      ? ['The run has not come to its end, so nobody owes anything yet.']
      : [bill(results, style)]),
    totals(entries, results),
  ];
  process.stdout.write(`${parts.join('\n\n')}\n`);
}

interface Total {
  readonly tokens: number;
  readonly steps: number;
  readonly deviceSeconds: number;
  /** Exact, in decimal. */
  readonly flops: string;
}

function totalOf(entries: readonly LedgerEntry[]): Total {
  const sum = (of: (entry: LedgerEntry) => number) => entries.reduce((total, entry) => total + of(entry), 0);
  return {
    tokens: sum(({ tokens }) => tokens),
    steps: sum(({ steps }) => steps),
    deviceSeconds: sum(({ deviceSeconds }) => deviceSeconds),
    flops: entries.reduce((total, { flops }) => total + BigInt(flops), 0n).toString(),
  };
}

function entriesTable(entries: readonly LedgerEntry[], style: Style): string {
  const rows = entries.map((entry) => [
    entry.time.replace('T', ' ').slice(0, 19),
    entry.kind,
    entry.kind === 'charge' ? `${entry.plugin}: ${entry.note}` : `to ${entry.to.slice(0, 10)}`,
    whole(entry.steps),
    short(entry.tokens),
    duration(entry.deviceSeconds),
    entry.requestedBy.join(', '),
  ]);
  return table(['booked (UTC)', 'kind', 'what', 'steps', 'tokens', 'device', 'needed by'], rows, style, [3, 4, 5]);
}

function bill({ strategies }: Results, style: Style): string {
  const rows = strategies.map(({ name, cost: { standalone, attributed, ratioToBaseline } }) => [
    name,
    short(standalone.tokens),
    duration(standalone.deviceSeconds),
    ratioToBaseline.toFixed(2),
    short(attributed.tokens),
    duration(attributed.deviceSeconds),
  ]);
  const head = ['strategy', 'alone', 'device', 'cost', 'its share', 'device'];
  return table(head, rows, style, [1, 2, 3, 4, 5]);
}

function totals(entries: readonly LedgerEntry[], results: Results | undefined): string {
  const { tokens, deviceSeconds, steps } = totalOf(entries);
  const lines = [
    `${plural(entries.length, 'entry', 'entries')}, unaltered: ${short(tokens)} tokens in ${plural(steps, 'step')}, ${duration(deviceSeconds)} of device time.`,
  ];
  if (results !== undefined) {
    const { tokensTrained, tokensStandalone } = results.graph;
    const saved = tokensStandalone > 0 ? 1 - tokensTrained / tokensStandalone : 0;
    if (tokensTrained < tokens) {
      lines.push(
        `The strategies in results.json stand on ${short(tokensTrained)} of them; the rest was trained for others, or again.`,
      );
    }
    lines.push(
      `Apart, the strategies would have needed ${short(tokensStandalone)} tokens: sharing saved ${percent(saved)}.`,
    );
  }
  return lines.join('\n');
}
