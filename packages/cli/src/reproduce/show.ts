/** A reproduction for people: on a terminal, and as the results section of a document. */
import { styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';
import type { PaperClaim, PaperTable, Reproduction } from './definition.js';
import type { PaperVerdict } from './judge.js';

/** What is shown of a finished reproduction. */
export interface Shown {
  readonly reproduction: Reproduction;
  readonly tables: readonly PaperTable[];
  readonly verdicts: readonly PaperVerdict[];
}

const INTERVALS =
  'Effects are differences of losses, strategy less the other, unless a claim counts. Intervals are those by which verdicts are made, corrected for the number of claims (docs/statistics.md).';

/** For standard output. */
export function reproductionText({ reproduction, tables, verdicts }: Shown): string {
  const style = styleFor(process.stdout);
  const paint = { holds: style.green, fails: style.red, undecided: style.yellow };
  const parts = tables.map(({ title, head, rows }) => `${style.bold(title)}\n\n${table(head, rows, style)}`);
  const rows = verdicts.map((one) => [paint[one.verdict](one.verdict), ...cellsOf(one), one.claim]);
  const claims = table(['verdict', 'claim', 'effect', 'interval', 'seeds', ''], rows, style);
  const head = `${reproduction.source}\n${reproduction.setting}`;
  return [head, ...parts, claims, style.dim(`${countText(verdicts)} ${INTERVALS}`)].join('\n\n');
}

/** The same as Markdown, with the command that made it. */
export function reproductionMarkdown(
  { reproduction, tables, verdicts }: Shown,
  { command, finishedAt }: { readonly command: string; readonly finishedAt: string },
): string {
  const whereOf = new Map(reproduction.claims.map(({ id, where }) => [id, where]));
  const rows = verdicts.map((one) => [one.verdict, ...cellsOf(one), one.claim, whereOf.get(one.id)!]);
  return [
    `## ${reproduction.paper}`,
    `${reproduction.source}.`,
    `\`${command}\`, finished ${finishedAt.slice(0, 10)}. ${reproduction.setting}`,
    ...tables.map(({ title, head, rows: cells }) => `**${title}**\n\n${markdown(head, cells)}`),
    `**Claims.** ${countText(verdicts)} ${INTERVALS}`,
    markdown(['verdict', 'id', 'effect', 'interval', 'seeds', 'claim', 'in the paper'], rows),
    '',
  ].join('\n\n');
}

/** The claims without their verdicts, for `--list`. */
export function claimsText(claims: readonly PaperClaim[]): string {
  const style = styleFor(process.stdout);
  const rows = claims.map(({ id, claim, where }) => [id, claim, where]);
  return table(['id', 'claim', 'in the paper'], rows, style);
}

function cellsOf({ id, effect, interval, seeds }: PaperVerdict): readonly string[] {
  const range = interval === null ? '-' : `[${figure(interval.low)}, ${figure(interval.high)}]`;
  return [id, effect === null ? '-' : figure(effect), range, seeds.length === 0 ? '-' : String(seeds.length)];
}

/** Four digits behind the point, and no minus before nothing. */
function figure(value: number): string {
  const text = value.toFixed(4);
  return Number(text) === 0 ? '0' : Number.isInteger(value) ? String(value) : text;
}

function countText(verdicts: readonly PaperVerdict[]): string {
  const count = (of: PaperVerdict['verdict']) => verdicts.filter(({ verdict }) => verdict === of).length;
  return `${count('holds')} of ${verdicts.length} claims hold, ${count('fails')} fail, ${count('undecided')} are undecided.`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
