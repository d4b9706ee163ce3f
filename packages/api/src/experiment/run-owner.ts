/**
 * Which experiment a run directory belongs to. A second experiment of the same name would replace its results and share
 * its bill, so it is refused. A changed version of the same experiment continues in its directory.
 *
 * An experiment is identified by its file; without one, by the text that it reads. An origin that no longer exists was
 * moved, or lies in a container that is not visible here. Then the states decide: an experiment that needs none that
 * the directory knows is another one.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix, relative, resolve, sep } from 'node:path';
import {
  BranchlineError,
  type ExperimentPlan,
  isPlainObject,
  readPlanRecords,
  writeFileAtomic,
} from '@branchline/core';
import type { DataConfig } from '@branchline/data';

/** Where an experiment comes from. */
export interface RunOwner {
  /** The experiment file, or the text it reads: absolute paths and addresses. */
  readonly paths: readonly string[];
  /** Digest of the experiment file. Absent without one. */
  readonly digest?: string;
}

/** `experiment.json` of a run directory. Paths are relative to it, so that a moved project keeps its runs. */
interface Recorded extends RunOwner {
  readonly format: 1;
}

const FILE = 'experiment.json';

/** The owner of an experiment's run directory. `file`: the experiment file, if there is one. */
export async function ownerOf(
  file: string | undefined,
  { data, baseDirectory }: { readonly data: DataConfig; readonly baseDirectory: string },
): Promise<RunOwner> {
  if (file === undefined) return { paths: pathsOf(data.sources).map((path) => absolute(path, baseDirectory)) };
  const content = await readFile(file).catch(() => undefined);
  const digest = content && createHash('sha256').update(content).digest('hex');
  return { paths: [resolve(file)], ...(digest !== undefined && { digest }) };
}

/**
 * Throws a `config` error if a run directory belongs to another experiment. `plan`, once known, decides if the origin
 * of the directory's experiment no longer exists.
 */
export async function assertOwner(directory: string, owner: RunOwner, plan?: ExperimentPlan): Promise<void> {
  const recorded = await read(directory);
  if (recorded === undefined) return;
  const paths = recorded.paths.map((path) => absolute(path, resolve(directory)));
  if (paths.some((path) => owner.paths.includes(path))) return;
  if (recorded.digest !== undefined && recorded.digest === owner.digest) return;
  if (paths.some(exists)) throw belongsToOther(directory, paths, owner);
  if (plan === undefined) return;
  const { records } = await readPlanRecords(directory);
  const known = new Set(records.flatMap(({ states }) => states.map(({ key }) => key)));
  if (known.size > 0 && !plan.graph.nodes().some(({ key }) => known.has(key))) {
    throw belongsToOther(directory, paths, owner);
  }
}

/** Records the owner of a run directory, after checking it. Only the process that holds the lock may call it. */
export async function recordOwner(directory: string, owner: RunOwner, plan: ExperimentPlan): Promise<void> {
  await assertOwner(directory, owner, plan);
  const here = resolve(directory);
  const paths = owner.paths.map((path) => (isAddress(path) ? path : relative(here, path).split(sep).join(posix.sep)));
  const record: Recorded = { format: 1, ...owner, paths };
  await writeFileAtomic(join(directory, FILE), `${JSON.stringify(record, null, 2)}\n`);
}

function belongsToOther(directory: string, [path]: readonly string[], owner: RunOwner): BranchlineError {
  const from = path === undefined || isAddress(path) ? path : relative(process.cwd(), path) || path;
  const remedy = `Give this one ${owner.digest === undefined ? 'another directory (--runs)' : 'a name of its own (name), or another directory (--runs)'}. If both are the same experiment, delete ${join(directory, FILE)}: what is stored there is then reused.`;
  return new BranchlineError('config', {
    configPath: 'name',
    message: `${directory} belongs to another experiment, from ${from}: its results would be replaced`,
    remedy,
  });
}

/** The record; undefined if there is none that can be used. A damaged one is written again. */
async function read(directory: string): Promise<Recorded | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(join(directory, FILE), 'utf8'));
    const known =
      isPlainObject(record) &&
      record.format === 1 &&
      Array.isArray(record.paths) &&
      record.paths.every((path) => typeof path === 'string') &&
      (record.digest === undefined || typeof record.digest === 'string');
    return known ? (record as unknown as Recorded) : undefined;
  } catch {
    return undefined;
  }
}

/** Paths and globs of sources; excluded ones do not count. */
function pathsOf(sources: unknown): readonly string[] {
  if (typeof sources === 'string') return sources.startsWith('!') ? [] : [sources];
  if (Array.isArray(sources)) return sources.flatMap(pathsOf);
  if (!isPlainObject(sources)) return [];
  return [...pathsOf(sources.files), ...pathsOf(sources.lockfile)];
}

const isAddress = (path: string) => /^[a-z][a-z0-9+.-]+:\/\//i.test(path);
const absolute = (path: string, base: string) => (isAddress(path) ? path : resolve(base, path));

/** Whether a path exists; of a glob, its literal leading folders. An address counts as existing. */
function exists(path: string): boolean {
  return (
    isAddress(path) || existsSync(path) || (/[*?[\]{}]/.test(path) && existsSync(path.replace(/[^/\\]*[*?[{].*$/, '')))
  );
}
