import { BranchlineError, type ModelDescription } from '@branchline/core';
import { type DataProgress, type PreparedData, prepareData } from '@branchline/data';
import { describeModel, withVocabulary } from '@branchline/model';
import type { CheckedExperiment } from '../config/check.js';
import { ruleProblems } from '../config/compare.js';

/** Text and model of an experiment: what a plan needs beside its file. */
export interface PreparedExperiment {
  readonly data: PreparedData;
  readonly model: ModelDescription;
}

/** Options of `prepareExperiment`. */
export interface PreparationOptions {
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
}

/** Prepares the text, or finds it prepared, and sizes the model by its tokenizer. */
export async function prepareExperiment(
  { spec, model, vocabulary, data: config, baseDirectory }: CheckedExperiment,
  options: PreparationOptions,
): Promise<PreparedExperiment> {
  const data = await prepareData(config, { ...options, baseDirectory, context: model.context });
  if (vocabulary !== undefined && vocabulary < data.vocabulary) {
    data.close();
    throw new BranchlineError('config', {
      configPath: 'model.vocabulary',
      message: `is ${vocabulary}, but the tokenizer has ${data.vocabulary} tokens`,
      remedy: `Leave it out, or give at least ${data.vocabulary}.`,
    });
  }
  const problems = spec.compare === undefined ? [] : ruleProblems(spec.compare, data);
  if (problems.length > 0) {
    data.close();
    throw new BranchlineError('config', problems);
  }
  return { data, model: describeModel(withVocabulary(model, vocabulary ?? data.vocabulary)) };
}
