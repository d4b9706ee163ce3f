/** A reproduction as terminal output. */
import { cellsOf, countText, INTERVALS, type PaperClaim, type Shown, whyText } from '@branchline/reproductions';
import { styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';

/** For standard output. */
export function reproductionText({ reproduction, tables, verdicts }: Shown): string {
  const style = styleFor(process.stdout);
  const paint = { holds: style.green, fails: style.red, undecided: style.yellow };
  const parts = tables.map(({ title, head, rows }) => `${style.bold(title)}\n\n${table(head, rows, style)}`);
  const rows = verdicts.map((one) => [paint[one.verdict](one.verdict), ...cellsOf(one), one.claim]);
  const claims = table(['verdict', 'claim', 'effect', 'interval', 'seeds', ''], rows, style, [], [5]);
  const head = `${reproduction.source}\n${reproduction.setting}`;
  const why = verdicts.flatMap((one) =>
    one.reason === null ? [] : [[paint[one.verdict](one.verdict), one.id, whyText(one)]],
  );
  const reasons = why.length === 0 ? [] : [table(['verdict', 'claim', 'why'], why, style, [], [2])];
  return [head, ...parts, claims, ...reasons, style.dim(`${countText(verdicts)} ${INTERVALS}`)].join('\n\n');
}

/** The claims without verdicts, for `--list`. */
export function claimsText(claims: readonly PaperClaim[]): string {
  const style = styleFor(process.stdout);
  const rows = claims.map(({ id, claim, where }) => [id, claim, where]);
  return table(['id', 'claim', 'in the paper'], rows, style, [], [1, 2]);
}
