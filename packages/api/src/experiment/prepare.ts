import { BranchlineError, type ModelDescription, type Problem } from '@branchline/core';
import { type DataProgress, type PreparedData, parseDataConfig, prepareData, prepareTasks } from '@branchline/data';
import type { TaskSet } from '@branchline/evaluation';
import { describeModel, withVocabulary } from '@branchline/model';
import type { CheckedExperiment } from '../config/check.js';
import { ruleProblems } from '../config/compare.js';

/** Text, tasks and model of an experiment: what a plan needs in addition to the file. */
export interface PreparedExperiment {
  readonly data: PreparedData;
  readonly tasks: readonly TaskSet[];
  readonly model: ModelDescription;
}

/** Options of `prepareExperiment`. */
export interface PreparationOptions {
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
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
    return { data, tasks, model: describeModel(withVocabulary(model, vocabulary ?? data.vocabulary)) };
  } catch (error) {
    data.close();
    throw error;
  }
}

/** Problems of an experiment that only show once the text is known. */
function problemsWith(data: PreparedData, { spec, vocabulary }: CheckedExperiment): readonly Problem[] {
  if (vocabulary !== undefined && vocabulary < data.vocabulary) {
    const message = `is ${vocabulary}, but the tokenizer has ${data.vocabulary} tokens`;
    const remedy = `Leave it out, or give at least ${data.vocabulary}.`;
    return [{ configPath: 'model.vocabulary', message, remedy }];
  }
  return spec.compare === undefined ? [] : ruleProblems(spec.compare, data);
}
