/** `branchline ledger verify` */
import { type Finding, findProblems, noLedger, type Verification } from '@branchline/accounting';
import { checkRunDirectory } from '@branchline/api/internal';
import { EXIT } from '../exit-codes.js';
import { plural } from '../ui/format.js';
import { type Style, styleFor } from '../ui/style.js';
import { oneLine } from './cells.js';

/** Prints what was checked, or all problems; in that case sets `process.exitCode` to 5. */
export async function verifyLedger({ run, json }: { readonly run: string; readonly json: boolean }): Promise<void> {
  await checkRunDirectory(run);
  const found = await findProblems(run);
  if (found.verified && found.lines + found.records === 0) throw noLedger(run);
  if (!found.verified) process.exitCode = EXIT.store;
  const text = json ? JSON.stringify(found, null, 2) : verificationText(found, styleFor(process.stdout));
  process.stdout.write(`${text}\n`);
}

function verificationText({ file, problems, lines, records, unfinished }: Verification, style: Style): string {
  const checked = `${plural(lines, 'line')} and ${plural(records, 'record')}`;
  const left = `${plural(unfinished, 'record')} without a line and without a state: as a rule, training that was cut off before its state was stored.`;
  const body =
    problems.length === 0
      ? [`${file}: nothing is altered, missing or doubled in ${checked}.`]
      : [
          `${file}: ${plural(problems.length, 'problem')} in ${checked}.`,
          ...groupedByNext(problems).map(([next, group]) =>
            [...group.map(findingText), style.dim(`  ${next}`)].join('\n'),
          ),
        ];
  return [...body, ...(unfinished === 0 ? [] : [left])].join('\n\n');
}

function findingText({ file, line, message }: Finding): string {
  return oneLine(`${file}${line === undefined ? '' : `, line ${line}`}: ${message}`);
}

/** Groups problems by how the next run handles them. */
function groupedByNext(problems: readonly Finding[]): readonly (readonly [string, readonly Finding[]])[] {
  const groups = new Map<string, Finding[]>();
  for (const problem of problems) {
    const group = groups.get(problem.next);
    if (group === undefined) groups.set(problem.next, [problem]);
    else group.push(problem);
  }
  return [...groups];
}
