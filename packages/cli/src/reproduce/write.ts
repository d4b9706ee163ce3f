import { writeFileAtomic } from '@branchline/core';
import { type Finished, renderFiles, type Wanted } from '@branchline/reproductions';

/** Writes the requested files of a finished reproduction. Returns their paths by kind. */
export async function writeFiles(finished: Finished, wanted: Wanted): Promise<Readonly<Record<string, string>>> {
  const { contents, files } = await renderFiles(finished, wanted);
  for (const [path, content] of contents) await writeFileAtomic(path, content);
  return files;
}
