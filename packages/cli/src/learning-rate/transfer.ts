/** `branchline lr transfer`: moves a tuned experiment to another size, batch or number of tokens. */
import { dirname, extname, relative, resolve } from 'node:path';
import { type TransferRuleName, type TransferTarget, transferExperiment } from '@branchline/api';
import { formatConfigDocument } from '@branchline/api/internal';
import { BranchlineError, type Problem, writeFileAtomic } from '@branchline/core';
import { commandLine } from '../experiment/command-line.js';
import { readExperiment } from '../experiment/read.js';
import { writeFiles } from '../experiment/train.js';
import { styleFor } from '../ui/style.js';
import { pairsOf } from './arguments.js';
import { transferText } from './transfer-text.js';

/** Arguments of `lr transfer`. */
export interface TransferArguments {
  readonly config: string;
  /** As typed. */
  readonly to: string;
  /** As typed. */
  readonly from?: string;
  readonly rule: TransferRuleName;
  readonly alpha?: number;
  readonly horizon?: number;
  readonly out?: string;
  readonly json: boolean;
}

/** What the API says of a target without a part. */
const NOTHING = 'names nothing that changes';

const ENDINGS = ['.yaml', '.yml', '.json'];

/** Prints every factor and assumption, and writes the experiment if a file is given. */
export async function transferRates({ config, to, from, out, json, ...how }: TransferArguments): Promise<void> {
  const { experiment, directory, name, loading } = await readExperiment({ config });
  const problems: Problem[] = [];
  const target: TransferTarget = pairsOf('--to', to, problems);
  const { tokens: baseTokens } = from === undefined ? {} : pairsOf('--from', from, problems, ['tokens']);
  if (out !== undefined) problems.push(...outProblems(out, config, directory));
  const options = { ...how, directory, name, targetPlace: '--to ', ...(loading && { loading }) };
  const found = await transferExperiment(experiment, target, {
    ...options,
    ...(baseTokens !== undefined && { baseTokens }),
  }).catch((error: unknown) => {
    if (!(error instanceof BranchlineError) || error.code !== 'config') throw error;
    // Parts that could not be read were reported: that nothing is left is not.
    const own = problems.some(({ configPath }) => configPath?.startsWith('--to') === true);
    problems.push(...error.problems.filter(({ message }) => !own || message !== NOTHING));
    return undefined;
  });
  if (found === undefined || problems.length > 0) throw new BranchlineError('config', problems);
  const files: Record<string, string> = {};
  if (out !== undefined) {
    const comments = [
      `Written by: ${commandLine()}`,
      `Rule ${found.rule}: ${found.source}.`,
      ...found.factors.map(({ of, factor, to: value }) => `${of} x ${short(factor)} = ${short(value)}`),
      ...found.assumptions,
    ];
    files.experiment = out;
    await writeFileAtomic(out, formatConfigDocument(out, found.experiment, comments));
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...found, files }, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${transferText(found, styleFor(process.stdout))}\n`);
  if (out !== undefined) writeFiles(files);
}

const short = (value: number) => String(Number(value.toPrecision(6)));

/** A new experiment file, in the folder to which its paths are relative. */
function outProblems(out: string, config: string, directory: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (resolve(out) === resolve(config)) {
    const message = `${out} is the experiment to transfer, which would be lost`;
    problems.push({ configPath: '--out', message, remedy: 'Name another file.' });
  }
  if (!ENDINGS.includes(extname(out).toLowerCase())) {
    const message = `${out} is no experiment file to write`;
    problems.push({ configPath: '--out', message, remedy: `End it in ${ENDINGS.join(', ')}.` });
  }
  if (dirname(resolve(out)) !== resolve(directory)) {
    const shown = relative(process.cwd(), directory) || '.';
    const message = `${out} is not in the folder of the experiment, to which its paths are relative`;
    problems.push({ configPath: '--out', message, remedy: `Write it to ${shown}/.` });
  }
  return problems;
}
