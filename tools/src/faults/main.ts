/**
 * Injects faults of every kind into a tiny run of the quick experiment at random moments, runs the same command again,
 * and counts the outcomes. `npm run faults`; see docs/reliability.md.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@branchline/core';
import yargs from 'yargs';
import { hasOwnMounts, restartWithOwnMounts } from './disk.ts';
import type { Verdict } from './judge.ts';
import { performCase } from './perform.ts';
import { type CasePlan, describeCase, drawCase, drawCases, KINDS, type Kind } from './plan.ts';
import { endAll } from './process.ts';
import { makeReference } from './reference.ts';
import { count, countOutcomes, tallyTable } from './tally.ts';

/** Cases per kind: 288 in total. */
const PER_KIND = 18;
/** The same for the short version: 16 in total. */
const PER_KIND_SHORT = 1;

const args = yargs(process.argv.slice(2))
  .scriptName('npm run faults --')
  .usage(
    '$0 [options]\n\nDisturbs a tiny run at random moments and counts what was lost. Exit code 1 when anything was.',
  )
  .option('short', {
    type: 'boolean',
    default: false,
    describe: `${PER_KIND_SHORT} cases of each kind: a few minutes`,
  })
  .option('cases', { type: 'number', requiresArg: true, describe: `Cases of each kind; default: ${PER_KIND}` })
  .option('only', { choices: KINDS, requiresArg: true, describe: 'One kind' })
  .option('case', { type: 'number', requiresArg: true, describe: 'One case of that kind, by its number' })
  .option('seed', { type: 'number', requiresArg: true, default: 1, describe: 'Decides all moments' })
  .option('seeds', {
    ...{ type: 'number', requiresArg: true, default: 1 },
    describe: 'Seeds of the experiment that is disturbed',
  })
  .option('jobs', {
    ...{ type: 'number', requiresArg: true, default: Math.min(2, availableParallelism()) },
    describe: 'Cases at once',
  })
  .option('keep', {
    type: 'boolean',
    default: false,
    describe: 'Keep the folders of all cases, not only of those that were lost',
  })
  .option('json', { type: 'boolean', default: false, describe: 'Print the tally as JSON' })
  .check(({ only, case: number, cases, jobs, seed, seeds }) => {
    if (number !== undefined && only === undefined) throw new Error('--case needs --only with a kind.');
    for (const value of [number, cases, jobs, seeds].filter((one) => one !== undefined)) {
      if (!Number.isInteger(value) || value < 1) throw new Error(`${value} is not a whole number above 0.`);
    }
    if (!Number.isInteger(seed)) throw new Error('--seed is a whole number.');
    return true;
  })
  .strict()
  .version(false)
  .parseSync();

const say = (text: string) => void process.stderr.write(`${text}\n`);

/** A case with its outcome. */
interface Performed extends Verdict {
  readonly plan: CasePlan;
  readonly kind: Kind;
  readonly directory: string;
}

async function main(): Promise<void> {
  const realDisk = hasOwnMounts;
  if (!realDisk) {
    say('WARNING: no small disk can be mounted here: full disks are only played, by writes that fail.');
  }
  const root = await mkdtemp(join(tmpdir(), 'branchline-faults-'));
  let stopped = false;
  const lost: Performed[] = [];
  const clean = async () => {
    endAll();
    if (lost.length === 0 && !args.keep) await rm(root, { recursive: true, force: true });
    else await rm(join(root, 'undisturbed'), { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopped = true;
      process.exitCode = 130;
      endAll();
    });
  }
  try {
    say('The undisturbed run, twice, and version after version ...');
    const reference = await makeReference(join(root, 'undisturbed'), args.seeds);
    const { preparation, run, steps, milliseconds, growth } = reference.lengths;
    const perKind = args.cases ?? (args.short ? PER_KIND_SHORT : PER_KIND);
    const kinds = args.only === undefined ? KINDS : [args.only];
    const draw = (kind: Kind, number: number) => drawCase(kind, number, args.seed, reference.lengths, realDisk);
    const plans =
      args.case === undefined ? drawCases(kinds, perKind, draw) : kinds.map((kind) => draw(kind, args.case!));
    say(
      `${run} moments, ${steps} of them steps, in ${(milliseconds / 1000).toFixed(1)} s, and ${preparation} before them; ${growth.moments} in an update. ${plans.length} cases, seed ${args.seed}.`,
    );

    const performed: Performed[] = [];
    const begun = performance.now();
    const queue = [...plans];
    const work = async () => {
      for (let plan = queue.shift(); plan !== undefined && !stopped; plan = queue.shift()) {
        const directory = join(root, `${plan.kind}-${plan.number}`);
        const verdict = await performCase(plan, reference, directory).catch(unperformed);
        if (stopped) return;
        const one = { ...verdict, plan, kind: plan.kind, directory };
        performed.push(one);
        if (verdict.outcome === 'lost') lost.push(one);
        else if (!args.keep) await rm(directory, { recursive: true, force: true });
        printProgress(one, performed.length, plans.length, (performance.now() - begun) / 1000);
      }
    };
    await Promise.all(Array.from({ length: args.jobs }, work));
    if (performed.length < plans.length) say(`Stopped after ${performed.length} of ${plans.length} cases.`);
    tell(kinds, performed, lost);
    if (args.keep) say(`All folders are kept in ${root}`);
    if (!stopped && lost.length > 0) process.exitCode = 1;
  } catch (error) {
    if (!stopped) throw error;
  } finally {
    await clean();
  }
}

/** A case that could not be completed proves nothing and counts as lost. */
function unperformed(error: unknown): Verdict {
  return { outcome: 'lost', complaints: [`the case could not be performed: ${messageOf(error)}`] };
}

/** Prints a line per case on a terminal; otherwise for every tenth case and for lost ones. */
function printProgress(
  { kind, plan, outcome, complaints }: Performed,
  done: number,
  all: number,
  seconds: number,
): void {
  if (!process.stderr.isTTY && outcome !== 'lost' && done % 10 !== 0 && done !== all) return;
  const left = Math.round((seconds / done) * (all - done));
  const time = `${Math.floor(left / 60)} min ${String(left % 60).padStart(2, '0')} s left`;
  say(
    `${String(done).padStart(4)} of ${all}, ${time}: ${kind} ${plan.number} ${outcome === 'lost' ? 'LOST' : outcome}`,
  );
  for (const complaint of complaints) say(`       ${complaint}`);
}

function tell(kinds: readonly Kind[], performed: readonly Performed[], lost: readonly Performed[]): void {
  const counts = countOutcomes(kinds, performed);
  const all = count(performed);
  const again = ({ kind, plan: { number } }: Performed) =>
    `npm run faults -- --seed ${args.seed}${args.seeds === 1 ? '' : ` --seeds ${args.seeds}`} --only ${kind} --case ${number}`;
  if (args.json) {
    const cases = lost.map((one) => ({
      ...{ kind: one.kind, case: one.plan.number, plan: describeCase(one.plan), complaints: one.complaints },
      ...{ directory: one.directory, again: again(one) },
    }));
    const tally = { seed: args.seed, kinds: Object.fromEntries(counts), all, lost: cases };
    process.stdout.write(`${JSON.stringify(tally, null, 2)}\n`);
    return;
  }
  process.stdout.write(`\n${tallyTable(counts, all)}\n`);
  for (const one of lost) {
    process.stdout.write(`\nLOST ${one.kind} ${one.plan.number}: ${describeCase(one.plan)}\n`);
    for (const complaint of one.complaints) process.stdout.write(`  ${complaint}\n`);
    process.stdout.write(`  kept in ${one.directory}\n  again: ${again(one)}\n`);
  }
}

const restarted = hasOwnMounts ? undefined : restartWithOwnMounts();
if (restarted === undefined) await main();
else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => restarted.kill(signal));
  restarted.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
}
