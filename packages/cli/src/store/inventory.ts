/** What lies in a run directory, looked at without touching it, also while a run writes there. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { checkRunDirectory } from '@branchline/api/internal';
import {
  BranchlineError,
  CheckpointStore,
  type DamagedCheckpoint,
  type Manifest,
  type PlanRecord,
  readPlanRecords,
} from '@branchline/core';

/** A file or folder with all that is in it. */
export interface Lump {
  /** Relative to the run directory. */
  readonly path: string;
  readonly bytes: number;
}

/** A checkpoint whose manifest can be read. */
export interface FoundCheckpoint {
  readonly manifest: Manifest;
  /** Of its files. */
  readonly bytes: number;
  /** When it was written, as the file system says. */
  readonly written: Date;
  /** Why a run cannot use it, as far as sizes of files tell; absent when they are right. */
  readonly wrong?: string;
}

export interface Inventory {
  readonly directory: string;
  readonly store: CheckpointStore;
  readonly checkpoints: readonly FoundCheckpoint[];
  /** Checkpoints without a manifest that can be used. */
  readonly damaged: readonly DamagedCheckpoint[];
  /** Plans that were started here, the last one first. */
  readonly plans: readonly PlanRecord[];
  /** Records of plans that cannot be read. */
  readonly unreadable: readonly string[];
  /** What writes that were cut off left behind. */
  readonly leftovers: readonly Lump[];
  /** The folder `damaged`: what runs set aside. */
  readonly setAside: Lump | undefined;
}

/** Where a run writes files under a temporary name first. */
const FOLDERS = ['.', 'stretches', 'evaluations', 'plans'];

/** Throws when there is no such directory, or nothing of a run in it. */
export async function takeInventory(directory: string): Promise<Inventory> {
  await checkRunDirectory(directory);
  const checkpoints = join(directory, 'checkpoints');
  const { store, damaged } = await CheckpointStore.look(checkpoints);
  const { records, damaged: unreadable } = await readPlanRecords(directory);
  if (records.length === 0 && unreadable.length === 0 && (await sizeOf(checkpoints)) === undefined) {
    const message = `${directory} has no checkpoints: nothing was trained there`;
    const remedy = 'Name the directory that bench wrote, for example runs/quick.';
    throw new BranchlineError('store', { message, remedy });
  }
  const found = await Promise.all(store.list().map((manifest) => inspect(checkpoints, manifest)));
  const bytes = await sizeOf(join(directory, 'damaged'));
  return {
    directory,
    store,
    checkpoints: found.filter((checkpoint) => checkpoint !== undefined),
    // A run that goes on may have deleted it since.
    damaged: await filter(damaged, async ({ key }) => (await sizeOf(join(checkpoints, key))) !== undefined),
    plans: records,
    unreadable: unreadable.map((path) => relative(directory, path)),
    leftovers: await findLeftovers(directory),
    setAside: bytes === undefined ? undefined : { path: 'damaged', bytes },
  };
}

/** Sizes are all that is compared here; digests are for `verify`. Undefined when it is not there any more. */
async function inspect(folder: string, manifest: Manifest): Promise<FoundCheckpoint | undefined> {
  const place = join(folder, manifest.key);
  const own = await stat(join(place, 'manifest.json')).catch(ignoreMissing);
  if (own === undefined) return undefined;
  const files = Object.values(manifest.files);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const there = ((await sizeOf(place)) ?? own.size) - own.size;
  const wrong = there === bytes ? undefined : `its files have ${there} bytes, not ${bytes}`;
  return { manifest, bytes, written: own.mtime, ...(wrong !== undefined && { wrong }) };
}

async function findLeftovers(directory: string): Promise<readonly Lump[]> {
  const names = (await list(join(directory, 'checkpoints'))).filter(({ name }) => name.startsWith('tmp-'));
  const paths = names.map(({ name }) => join('checkpoints', name));
  for (const folder of FOLDERS) {
    const cut = (await list(join(directory, folder))).filter(({ name }) => /\.tmp-\d+$/.test(name));
    paths.push(...cut.map(({ name }) => join(folder, name)));
  }
  const lumps = await Promise.all(paths.map(async (path) => ({ path, bytes: await sizeOf(join(directory, path)) })));
  return lumps.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }]));
}

/** Bytes of a file or of everything in a folder; undefined when it is not there. Links are not followed. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await lstat(path).catch(ignoreMissing);
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return found.size;
  const sizes = await Promise.all((await list(path)).map(({ name }) => sizeOf(join(path, name))));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

async function list(folder: string): Promise<readonly Dirent[]> {
  return (await readdir(folder, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function filter<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const passed = await Promise.all(items.map(test));
  return items.filter((_, index) => passed[index]);
}
