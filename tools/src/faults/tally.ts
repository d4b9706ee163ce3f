/** Counts outcomes by kind of fault. */
import { OUTCOMES, type Outcome } from './judge.ts';
import type { Kind } from './plan.ts';

/** Counts of one kind, or of all. */
export type Counts = Readonly<Record<Outcome, number>> & { readonly tried: number };

const TITLES: Readonly<Record<Outcome, string>> = {
  continued: 'continued by itself',
  recomputed: 'reported and recomputed',
  refused: 'refused cleanly',
  lost: 'LOST',
};

/** Counts by kind, in the given order. */
export function countOutcomes(
  kinds: readonly Kind[],
  cases: readonly { readonly kind: Kind; readonly outcome: Outcome }[],
): ReadonlyMap<Kind, Counts> {
  return new Map(kinds.map((kind) => [kind, count(cases.filter((one) => one.kind === kind))]));
}

/** Counts of all given cases. */
export function count(cases: readonly { readonly outcome: Outcome }[]): Counts {
  const of = (outcome: Outcome) => cases.filter((one) => one.outcome === outcome).length;
  return {
    tried: cases.length,
    ...{ continued: of('continued'), recomputed: of('recomputed'), refused: of('refused'), lost: of('lost') },
  };
}

/** The final table in Markdown, ready for the documentation. */
export function tallyTable(counts: ReadonlyMap<Kind, Counts>, all: Counts): string {
  const row = (name: string, { tried, ...rest }: Counts) => [name, tried, ...OUTCOMES.map((outcome) => rest[outcome])];
  const head = ['fault', 'tried', ...OUTCOMES.map((outcome) => TITLES[outcome])];
  const rows = [...counts].map(([kind, own]) => row(kind, own));
  const cells = [head, ...rows, row('all', all)].map((line) => line.map(String));
  const widths = head.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const lines = cells.map((line) => `| ${line.map(pad).join(' | ')} |`);
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}
