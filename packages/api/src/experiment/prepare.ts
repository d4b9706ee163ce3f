import { join } from 'node:path';
import { BranchlineError, type FindTeacher, type ModelDescription, type Problem } from '@branchline/core';
import { type DataProgress, type PreparedData, parseDataConfig, prepareData, prepareTasks } from '@branchline/data';
import type { TaskSet } from '@branchline/evaluation';
import { type AdoptedWeights, adoptWeights, describeModel, isTransformers, withVocabulary } from '@branchline/model';
import type { CheckedExperiment } from '../config/check.js';
import { ruleProblems } from '../config/compare.js';
import { throwIfAborted } from './input.js';
import { teacherFinder } from './teachers.js';

/** Text, tasks and model of an experiment: what a plan needs in addition to the file. */
export interface PreparedExperiment {
  readonly data: PreparedData;
  readonly tasks: readonly TaskSet[];
  readonly model: ModelDescription;
  /** Finds the checkpoints that strategies name as teachers. */
  readonly findTeacher: FindTeacher;
  /** The weights that training starts from; absent: weights are drawn. */
  readonly start?: AdoptedWeights;
}

/** Options of `prepareExperiment`. */
export interface PreparationOptions {
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
  /** Bytes of the checkpoint that training starts from: read or written so far, of all. */
  readonly onCheckpoint?: (done: { readonly bytes: number; readonly of: number }) => void;
}

/** Prepares text and tasks, or reuses prepared ones, and sizes the model by its tokenizer. */
export async function prepareExperiment(
  experiment: CheckedExperiment,
  options: PreparationOptions,
): Promise<PreparedExperiment> {
  const { model, vocabulary, data: config, baseDirectory } = experiment;
  const data = await prepareData(config, { ...options, baseDirectory, context: model.context });
  try {
    const problems = problemsWith(data, experiment);
    if (problems.length > 0) throw new BranchlineError('config', problems);
    const tasks = await prepareTasks(experiment.tasks, parseDataConfig(config), data, {
      baseDirectory,
      signal: options.signal,
    });
    const described = describeModel(
      isTransformers(model) ? model : withVocabulary(model, vocabulary ?? data.vocabulary),
    );
    const checkpoints = join(options.cacheDirectory, 'checkpoints');
    const findTeacher = teacherFinder({ baseDirectory, checkpoints, model: described, signal: options.signal });
    if (experiment.start === undefined) return { data, tasks, model: described, findTeacher };
    const { from, folder } = experiment.start;
    const start = await adoptWeights(folder, checkpoints, {
      signal: options.signal,
      onProgress: options.onCheckpoint,
    });
    const { digest, description } = start;
    return { data, tasks, model: { ...described, start: { digest, description, from } }, findTeacher, start };
  } catch (error) {
    data.close();
    throwIfAborted(options.signal);
    throw error;
  }
}

/** Problems of an experiment that only show once the text is known. */
function problemsWith(data: PreparedData, { spec, vocabulary, start }: CheckedExperiment): readonly Problem[] {
  if (vocabulary !== undefined && vocabulary < data.vocabulary) {
    if (start !== undefined) {
      const message = `has ${vocabulary} tokens, but the tokenizer has ${data.vocabulary}`;
      const remedy = 'Take the tokenizer that the checkpoint was trained with.';
      return [{ configPath: 'model.from', message, remedy }];
    }
    const message = `is ${vocabulary}, but the tokenizer has ${data.vocabulary} tokens`;
    const remedy = `Leave it out, or give at least ${data.vocabulary}.`;
    return [{ configPath: 'model.vocabulary', message, remedy }];
  }
  return spec.compare === undefined ? [] : ruleProblems(spec.compare, data);
}
