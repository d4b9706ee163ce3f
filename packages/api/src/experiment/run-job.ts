/** The work of one job on a node of a cluster. */
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { BranchlineError, isDigest, type JsonValue, jobFolder, writeBegin, writeEnd } from '@branchline/core';
import { createExperiment } from '@branchline/evaluation';
import { LiveLog } from '@branchline/watch';
import { VERSION } from '../version.js';
import { emitterFor, safeListener } from './events.js';
import { checkInput, type ExperimentInput, type ExperimentOptions } from './input.js';
import { readJobFile, writeTrainerFile } from './job-file.js';
import { DESCRIBE } from './launch-jobs.js';
import { prepareExperiment } from './prepare.js';
import { disposeAll, makeTrainers } from './trainer.js';

/** How a job reads the experiment that its run was begun with. */
export type JobReader = (input: JsonValue) => Promise<{
  readonly experiment: ExperimentInput;
  readonly options: ExperimentOptions;
}>;

/** What a job works on. */
export interface JobWork {
  /** The run directory. */
  readonly run: string;
  /** Key of the state to make; or `trainer`, to describe the trainer of this machine. */
  readonly state: string;
  readonly read: JobReader;
  readonly signal?: AbortSignal;
  readonly onEvent: NonNullable<ExperimentOptions['onEvent']>;
}

/**
 * Makes a state of a run, with its evaluations, in the job's folder; or, for `trainer`, describes the trainer of this
 * machine. How it ended is noted in the folder. Throws a BranchlineError if the state could not be made.
 */
export async function runJob(job: JobWork): Promise<void> {
  const { run, state } = job;
  if (state === DESCRIBE) return work(job);
  const isKey: boolean = isDigest(state);
  if (!isKey) throw new BranchlineError('config', { message: `${state} is no key of a state` });
  const folder = jobFolder(run, state);
  await writeBegin(folder);
  try {
    await work(job);
    await writeEnd(folder);
  } catch (error) {
    await writeEnd(folder, error);
    throw error;
  }
}

async function work({ run, state, read, signal, onEvent }: JobWork): Promise<void> {
  const file = await readJobFile(run);
  if (file.version !== VERSION) {
    const message = `${hostname()} has Branchline ${VERSION}, and the run was begun with ${file.version}`;
    throw new BranchlineError('config', { message, remedy: 'Install the same version on all nodes.' });
  }
  const { experiment: input, options } = await read(file.input);
  const listener = safeListener(onEvent);
  const experiment = await checkInput(input, { ...options, signal });
  const { data, tasks, model, findTeacher, start } = await prepareExperiment(experiment, {
    cacheDirectory: join(run, '..', '.data'),
    signal,
    onProgress: (progress) => listener({ type: 'data', ...progress }),
  });
  try {
    const { spec } = experiment;
    const context = { model, optimizer: spec.optimizer, data, directory: experiment.baseDirectory };
    const trainers = await makeTrainers(experiment.trainer, context, 1, start);
    try {
      const [trainer] = trainers;
      if (state === DESCRIBE) {
        return await writeTrainerFile(run, {
          ...{ format: 1, nonce: file.nonce, about: file.about, where: hostname(), time: Date.now() },
          ...{ info: trainer.describe(), scores: trainer.score !== undefined },
        });
      }
      const events = emitterFor(listener);
      const created = createExperiment({
        ...{ spec: { ...spec, name: basename(run) }, model, data, tasks, trainer, directory: run, findTeacher },
        events,
        reuseFromOtherProcessors: options.reuseFromOtherProcessors,
      });
      const plan = await created.plan();
      const { device } = trainer.describe();
      const about = { experiment: basename(run), command: '', device, lanes: 1 };
      const live = new LiveLog({ directory: jobFolder(run, state), events, ...about });
      live.attachJob(plan, state);
      try {
        await created.job(plan, state, { signal });
        await live.finish([]);
      } finally {
        await live.close();
      }
    } finally {
      await disposeAll(trainers);
    }
  } finally {
    data.close();
  }
}
