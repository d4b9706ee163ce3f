/** Damages a file of a run or of its prepared text. */
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Action, Target } from './plan.ts';

/** The damage that was done. */
export interface Damage {
  readonly target: Target;
  /** Relative to `runs`, with forward slashes. */
  readonly file: string;
  readonly what: string;
}

/** Kinds of files, by path below `runs`. All other files are `other`, so that every stored file has a kind. */
const TARGETS: readonly (readonly [Target, RegExp])[] = [
  ['checkpoint', /^quick\/checkpoints\/[0-9a-f]{64}\/.*\.safetensors$/],
  ['manifest', /^quick\/checkpoints\/[0-9a-f]{64}\/manifest\.json$/],
  ['ledger', /^quick\/ledger[^/]*$/],
  ['metrics', /^quick\/(metrics|stretches|evaluations)\//],
  // What every run reads. The rest of the folder is read when a corpus is built.
  ['tokens', /^\.data\/(shards\/|[0-9a-f]{64}\/)/],
];

/** The kind of a file below `runs`. */
export function targetOf(file: string): Target {
  return TARGETS.find(([, pattern]) => pattern.test(file))?.[0] ?? 'other';
}

/** All files below a folder, relative to it, with forward slashes, in a fixed order. */
export async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Damages one file. Undefined if there is no file of the kind with content. */
export async function damageFile(
  workspace: string,
  { target, form, file: share, place }: Extract<Action, { do: 'damage' }>,
): Promise<Damage | undefined> {
  const runs = join(workspace, 'runs');
  const files = (await filesBelow(runs)).filter((file) => targetOf(file) === target);
  const first = Math.floor(share * files.length);
  for (const file of [...files.slice(first), ...files.slice(0, first)]) {
    const path = join(runs, file);
    const bytes = await readFile(path);
    if (bytes.length === 0) continue;
    const at = Math.floor(place * bytes.length);
    if (form === 'truncate') {
      await truncate(path, at);
      return { target, file, what: `cut to ${at} of ${bytes.length} bytes` };
    }
    bytes[at]! ^= 1 << (Math.floor(place * 8 * bytes.length) % 8);
    await writeFile(path, bytes);
    return { target, file, what: `one bit of byte ${at} of ${bytes.length}` };
  }
  return undefined;
}
