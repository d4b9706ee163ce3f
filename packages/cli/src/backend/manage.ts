/** `backend ls`, `backend remove` and `backend check`. */
import { rmSync } from 'node:fs';
import { folderOf } from './folder.js';
import { removeLeftovers } from './install.js';
import { listText, removedText } from './text.js';

/** Arguments of `backend ls` and `backend remove`. */
export interface ManageArguments {
  readonly dir?: string;
  readonly json: boolean;
}

/** Lists what is installed. */
export async function listBackends({ dir, json }: ManageArguments): Promise<void> {
  const { installedBackends } = await import('@branchline/trainer-tfjs');
  const folder = await folderOf(dir);
  process.stdout.write(`${listText(installedBackends(folder), folder, json)}\n`);
}

/**
 * Removes every build of the tensorflow backend, and what killed processes have left. A TensorFlow of the user stays.
 */
export async function removeTensorflow({ dir, json }: ManageArguments): Promise<void> {
  const { installedBackends } = await import('@branchline/trainer-tfjs');
  const folder = await folderOf(dir);
  const backends = installedBackends(folder);
  for (const backend of backends) rmSync(backend.folder, { recursive: true });
  removeLeftovers(folder);
  process.stdout.write(`${removedText(backends, folder, json)}\n`);
}

/** Loads the backend in a folder and multiplies with it. Prints what it says of itself as JSON, in one line. */
export async function checkBackend(folder: string): Promise<void> {
  const { tryBackend } = await import('@branchline/trainer-tfjs');
  process.stdout.write(`${JSON.stringify(await tryBackend(folder))}\n`);
}
