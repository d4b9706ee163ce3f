/** Lists the contents of a run directory. Read-only; safe while a run writes there. */
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

/** A file, or a folder with its contents. */
export interface DiskEntry {
  /** Relative to the run directory. */
  readonly path: string;
  readonly bytes: number;
}

/** A checkpoint with a readable manifest. */
export interface FoundCheckpoint {
  readonly manifest: Manifest;
  /** Size of its files. */
  readonly bytes: number;
  /** Modification time of its manifest. */
  readonly written: Date;
  /** Why a run cannot use it, judged by file sizes; absent if they are right. */
  readonly wrong?: string;
}

/** Everything found in a run directory. */
export interface Inventory {
  readonly directory: string;
  readonly store: CheckpointStore;
  readonly checkpoints: readonly FoundCheckpoint[];
  /** Checkpoints without a usable manifest. */
  readonly damaged: readonly DamagedCheckpoint[];
  /** Plans that were started here, latest first. */
  readonly plans: readonly PlanRecord[];
  /** Unreadable plan records. */
  readonly unreadable: readonly string[];
  /** Temporary files of interrupted writes. */
  readonly leftovers: readonly DiskEntry[];
  /** The folder `damaged`, with what runs set aside. */
  readonly setAside: DiskEntry | undefined;
}

/** Folders in which a run writes temporary files. */
const FOLDERS = ['.', 'stretches', 'evaluations', 'plans'];

/** Takes the inventory. Throws if the directory does not exist or holds no run. */
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
    // A concurrent run may have deleted it.
    damaged: await filter(damaged, async ({ key }) => (await sizeOf(join(checkpoints, key))) !== undefined),
    plans: records,
    unreadable: unreadable.map((path) => relative(directory, path)),
    leftovers: await findLeftovers(directory),
    setAside: bytes === undefined ? undefined : { path: 'damaged', bytes },
  };
}

/** Compares sizes only; `verify` compares digests. Undefined if the checkpoint no longer exists. */
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

async function findLeftovers(directory: string): Promise<readonly DiskEntry[]> {
  const names = (await list(join(directory, 'checkpoints'))).filter(({ name }) => name.startsWith('tmp-'));
  const paths = names.map(({ name }) => join('checkpoints', name));
  for (const folder of FOLDERS) {
    const cut = (await list(join(directory, folder))).filter(({ name }) => /\.tmp-\d+$/.test(name));
    paths.push(...cut.map(({ name }) => join(folder, name)));
  }
  const entries = await Promise.all(paths.map(async (path) => ({ path, bytes: await sizeOf(join(directory, path)) })));
  return entries.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }]));
}

/** Bytes of a file or folder; undefined if it does not exist. Does not follow links. */
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
