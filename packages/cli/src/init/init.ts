/** `init`: writes a first experiment from a look at a folder. */
import { stat, writeFile } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { parseTime } from '@branchline/api/internal';
import { BranchlineError, diskError } from '@branchline/core';
import { surveyFolder } from '@branchline/data';
import { flopsPerToken } from '@branchline/model';
import { MEASURED, Trial, tokensOf } from '../doctor/trial.js';
import { printable } from '../ui/printable.js';
import { Progress } from '../ui/progress.js';
import { designTraining, designVersions, domainField } from './design.js';
import { experimentText } from './experiment-text.js';

/** Arguments of `init`. */
export interface InitArguments {
  readonly folder: string;
  readonly out?: string;
  readonly time: string;
  readonly json: boolean;
}

/** Writes an experiment file. Never replaces one. */
export async function initExperiment({ folder, out, time, json }: InitArguments): Promise<void> {
  const seconds = parseTime(time);
  const found = await stat(folder).catch(() => undefined);
  const name = nameOf(folder);
  const file = out ?? `${name}.yaml`;
  const problems = [
    ...(seconds === undefined
      ? [{ message: `--time ${time} is no time`, remedy: 'Give it with a unit: 90s, 10m, "10 minutes" or 1h.' }]
      : []),
    ...(found?.isDirectory()
      ? []
      : [{ message: `there is no folder ${folder}`, remedy: 'Name the folder with your text.' }]),
    ...(/\.ya?ml$/.test(file)
      ? []
      : [{ message: `--out ${file} is no YAML file`, remedy: 'Let its name end in .yaml.' }]),
    ...((await stat(file).catch(() => undefined))
      ? [{ message: `${file} exists`, remedy: 'Name another file (--out), or remove it: init replaces nothing.' }]
      : []),
  ];
  if (problems.length > 0) throw new BranchlineError('config', problems);
  const own = relative(resolve(folder), resolve(file)).split(sep).join('/');
  const without = own.startsWith('..') ? [] : [own];
  const progress = new Progress();
  try {
    progress.phase(`looking at ${folder}`);
    const survey = await surveyFolder(
      resolve(folder),
      without.map((one) => `!${one}`),
    );
    const versions = designVersions(survey);
    if (versions === undefined) {
      const message = `${folder} has too little text for a comparison`;
      throw new BranchlineError('data', {
        message,
        remedy: 'Add text: a version needs at least 12 KB, and two versions are the least.',
      });
    }
    progress.phase('measuring the speed of this machine');
    const training = designTraining(versions, seconds!, await measureFlops());
    const design = { versions, domainField: domainField(survey, versions), ...training };
    const place =
      relative(dirname(resolve(file)), resolve(folder))
        .split(sep)
        .join('/') || '.';
    const kept = without.filter((one) => survey.format === 'text' || one.endsWith(survey.format));
    const text = experimentText(survey, design, {
      name: basename(file).replace(/\.ya?ml$/, ''),
      folder: place,
      without: kept,
      time,
    });
    await writeFile(file, text, { flag: 'wx' }).catch((error: unknown) => {
      throw diskError(error, file) ?? error;
    });
    progress.done();
    const { model, tokens } = training;
    const summary = {
      file,
      folder,
      seconds: training.seconds,
      versions,
      domainField: design.domainField ?? null,
      model,
      tokens,
      skippedFiles: survey.skippedFiles,
    };
    process.stdout.write(
      json
        ? `${JSON.stringify(summary, null, 2)}\n`
        : printable(`${text}\nwrote    ${file}\nnext     npx branchline bench ${file}\n`),
    );
  } finally {
    progress.done();
  }
}

function nameOf(folder: string): string {
  const name = basename(resolve(folder))
    .replace(/[^\p{L}\p{N}_-]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'experiment' : name;
}

/** FLOPs a second of the embedded trainer, measured on a small model. */
async function measureFlops(): Promise<number> {
  const trial = await Trial.create({}, MEASURED);
  try {
    await trial.train(3);
    const steps = 8;
    const seconds = await trial.train(steps);
    return (steps * tokensOf(MEASURED) * flopsPerToken(MEASURED.model)) / seconds;
  } finally {
    await trial.dispose();
  }
}
