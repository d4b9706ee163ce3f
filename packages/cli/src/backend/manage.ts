/** `backend ls`, `backend remove` and `backend check`. */
import { rmSync } from 'node:fs';
import { OLMO_CORE, TORCH } from './environments.js';
import { folderOf } from './folder.js';
import { removeLeftovers } from './leftovers.js';
import { listText, removedText } from './text.js';

/** Arguments of `backend ls` and `backend remove`. */
export interface ManageArguments {
  readonly dir?: string;
  readonly json: boolean;
}

/** Prints the installed backends. */
export async function listBackends({ dir, json }: ManageArguments): Promise<void> {
  const { installedBackends } = await import('@branchline/trainer-tfjs');
  const folder = await folderOf(dir);
  const env = dir === undefined ? process.env : { BRANCHLINE_HOME: dir };
  const [torch, olmoCore] = [TORCH, OLMO_CORE].map((kind) => kind.find(kind.folder(env)));
  process.stdout.write(`${listText(installedBackends(folder), { torch, olmoCore }, folder, json)}\n`);
}

/**
 * Removes all builds of the tensorflow backend, and leftovers of killed builds. A TensorFlow installed by the user is
 * not removed.
 */
export async function removeTensorflow({ dir, json }: ManageArguments): Promise<void> {
  const { installedBackends } = await import('@branchline/trainer-tfjs');
  const folder = await folderOf(dir);
  const backends = installedBackends(folder);
  for (const backend of backends) rmSync(backend.folder, { recursive: true });
  removeLeftovers(folder);
  process.stdout.write(`${removedText(backends, folder, json)}\n`);
}

/** Loads the backend in a folder, multiplies two matrices, and prints its description as one line of JSON. */
export async function checkBackend(folder: string): Promise<void> {
  const { tryBackend } = await import('@branchline/trainer-tfjs');
  process.stdout.write(`${JSON.stringify(await tryBackend(folder))}\n`);
}
