import { resolve } from 'node:path';
import type { Problem } from '@branchline/core';
import { CheckpointError, type CheckpointFolder, isTransformers, openCheckpoint } from '@branchline/model';

/** The folder of a teacher, or what is wrong with it. */
export async function openTeacher(
  from: string,
  baseDirectory: string,
  context: number | undefined,
): Promise<{ readonly folder: CheckpointFolder } | { readonly problems: readonly Problem[] }> {
  try {
    const folder = await openCheckpoint(resolve(baseDirectory, from), { context });
    if (!isTransformers(folder.spec)) return { folder };
    const why = folder.reasons.join(' and ');
    const message = `the teacher in ${from} ${why}: only decoders of the llama family can teach`;
    return { problems: [{ message }] };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return { problems: error.problems };
  }
}
