/** Checkpoints that strategies name as teachers. */
import { BranchlineError, type FindTeacher, type ModelDescription, type TeacherCheckpoint } from '@branchline/core';
import { adoptWeights, describeModel, openAdopted } from '@branchline/model';
import { openTeacher } from '../config/teacher.js';

/** What teachers are found for. */
export interface TeacherOptions {
  /** Folder that paths of checkpoints are relative to. */
  readonly baseDirectory: string;
  /** Folder for weights in our own form. */
  readonly checkpoints: string;
  /** The model that learns. */
  readonly model: ModelDescription;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds teachers by their folder, each once. Throws a BranchlineError (`config`) for a folder without a checkpoint of
 * the decoder family that has the context and the vocabulary of the model.
 */
export function teacherFinder(options: TeacherOptions): FindTeacher {
  const found = new Map<string, Promise<TeacherCheckpoint>>();
  return (from) => {
    const known = found.get(from) ?? findTeacher(from, options);
    found.set(from, known);
    return known;
  };
}

async function findTeacher(from: string, options: TeacherOptions): Promise<TeacherCheckpoint> {
  const { baseDirectory, checkpoints, model, signal } = options;
  const opened = await openTeacher(from, baseDirectory, model.context);
  if ('problems' in opened) throw new BranchlineError('config', opened.problems);
  const { folder } = opened;
  const { vocabulary } = model.spec as { readonly vocabulary?: number };
  if (folder.spec.vocabulary !== vocabulary) {
    const message = `the teacher in ${from} has ${folder.spec.vocabulary} tokens, and the model has ${vocabulary}`;
    throw new BranchlineError('config', {
      message,
      remedy: 'Name a checkpoint that was trained with the same tokenizer.',
    });
  }
  const adopted = await adoptWeights(folder, checkpoints, { ...(signal && { signal }) });
  return { from, digest: adopted.digest, model: describeModel(folder.spec), open: () => openAdopted(adopted) };
}
