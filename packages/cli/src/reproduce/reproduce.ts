/** `branchline reproduce`: a paper's comparison at a size that fits the machine, with a verdict on every claim. */
import { join, resolve } from 'node:path';
import { BranchlineError, formatProblem } from '@branchline/core';
import { conclude, type PaperName, paperOf, withOnly } from '@branchline/reproductions';
import { EXIT } from '../exit-codes.js';
import { commandLine } from '../experiment/command-line.js';
import { parseSeeds } from '../experiment/read.js';
import { duration, short } from '../ui/format.js';
import { type CheckedReproduction, checkReproduction, gatherFacts, planAll } from './bench.js';
import { claimsText, reproductionText } from './show.js';
import { writeFiles } from './write.js';

/** Arguments of the command. */
export interface ReproduceArguments {
  readonly paper: PaperName;
  readonly quick: boolean;
  readonly list: boolean;
  readonly json: boolean;
  readonly runs: string;
  readonly data?: readonly string[];
  /** For the curriculum: text that scores `data`, and text that losses are compared on. */
  readonly reference?: readonly string[];
  readonly target?: readonly string[];
  /** A number of seeds, or a list. */
  readonly seeds?: string;
  readonly lanes?: number;
  /** Names of experiments, separated by commas. Default: all. */
  readonly only?: string;
  /** Whether to write the page, and the report of every experiment. */
  readonly report: boolean;
  /** Markdown file for the results section. */
  readonly out?: string;
  /** Folder for the figures as SVG files. */
  readonly figures?: string;
}

/**
 * Runs a reproduction. Sets `process.exitCode` to 1 if a strategy failed. A claim that fails is a result, not an error.
 */
export async function reproduce(args: ReproduceArguments): Promise<void> {
  const runs = join(args.runs, `reproduce-${args.paper}${args.quick ? '-quick' : ''}`);
  const [sources, reference, target] = [args.data, args.reference, args.target].map((paths) =>
    paths?.map((path) => resolve(path)),
  );
  const size = args.quick ? 'quick' : 'full';
  const whole = await paperOf(args.paper, { size, sources, reference, target, runs });
  const reproduction = withOnly(
    whole,
    args.only?.split(',').map((name) => name.trim()),
  );
  const checked = await checkReproduction(reproduction, {
    directory: process.cwd(),
    seeds: args.seeds === undefined ? undefined : parseSeeds(args.seeds),
    lanes: args.lanes,
  });
  if (args.list) await list(checked, { ...args, runs });
  else await run(checked, { ...args, runs });
}

async function run(checked: CheckedReproduction, args: ReproduceArguments) {
  const { facts, failures } = await gatherFacts(checked, args.runs);
  const { finished, missing } = conclude(checked.reproduction, facts, { failures });
  // Verdicts are shown even so.
  for (const what of missing)
    process.stderr.write(
      `\nno ${what}: they need ${failures.length > 0 ? 'a strategy that failed' : 'experiments that --only leaves out'}\n`,
    );
  const { verdicts } = finished;
  const { paper } = checked.reproduction;
  const files = await writeFiles(finished, { ...args, command: commandLine() });
  if (args.json) {
    process.stdout.write(`${JSON.stringify({ paper, claims: verdicts, files }, null, 2)}\n`);
  } else {
    const shown = Object.entries(files).map(([name, path]) => `${name.padEnd(8)} ${path}`);
    process.stdout.write(`${reproductionText(finished)}\n\n${shown.join('\n')}\n`);
  }
  for (const { error } of failures) process.stderr.write(`\nfailed: ${error.problems.map(formatProblem).join('\n')}\n`);
  if (failures.length > 0) process.exitCode = EXIT.strategy;
}

/** Prints the claims and an estimate of the training time. */
async function list(checked: CheckedReproduction, { json, out, figures, runs }: ReproduceArguments) {
  if (out !== undefined || figures !== undefined) {
    const message = `--list has no results that ${out === undefined ? '--figures' : '--out'} could hold`;
    throw new BranchlineError('config', { message, remedy: 'Leave one of them out.' });
  }
  const plans = await planAll(checked, 'experiments', runs);
  const { paper, source, setting, claims, tokensPerSecond, tokensPerSecondOf = {} } = checked.reproduction;
  const experiments = Object.entries(plans).map(([name, { steps, tokensPerStep }]) => {
    const tokens = steps * tokensPerStep;
    return { name, steps, tokens, seconds: tokens / (tokensPerSecondOf[name] ?? tokensPerSecond) };
  });
  const [tokens, seconds] = (['tokens', 'seconds'] as const).map((of) =>
    experiments.reduce((sum, experiment) => sum + experiment[of], 0),
  ) as [number, number];
  if (json) {
    const listed = claims.map(({ id, claim, where }) => ({ id, claim, where }));
    process.stdout.write(`${JSON.stringify({ paper, claims: listed, experiments, tokens, seconds }, null, 2)}\n`);
    return;
  }
  const time = `${short(tokens)} tokens to train: about ${duration(seconds)} on two idle cores.`;
  const names = `Experiments: ${experiments.map(({ name, seconds: own }) => `${name} (${duration(own)})`).join(', ')}.`;
  process.stdout.write(`${source}\n${setting}\n\n${claimsText(claims)}\n\n${names}\n${time}\n`);
}
