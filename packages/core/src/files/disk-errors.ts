/** Errors of writing to a disk, in words: what happened, where, and what to free. */
import { BranchlineError, messageOf, type Problem } from '../errors.js';

/**
 * `quota`: the user's share is used up. `full`: the disk is. `read-only`, `denied`: it must not be written. `file`,
 * `folder`: it is one where the other is needed.
 */
type Kind = 'quota' | 'full' | 'read-only' | 'denied' | 'file' | 'folder';

const CODES: Readonly<Record<string, Kind>> = {
  EDQUOT: 'quota',
  ENOSPC: 'full',
  EROFS: 'read-only',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOTDIR: 'file',
  EISDIR: 'folder',
};

/** Some versions of Node have no name for this error: `Unknown system error -122`. */
const QUOTA_NUMBERS: Partial<Record<NodeJS.Platform, number>> = { linux: -122, darwin: -69, freebsd: -69 };

/** The texts of the C library, by which libraries such as DuckDB report these errors. */
const TEXTS: readonly (readonly [RegExp, Kind])[] = [
  [/\bdisk quota exceeded\b/i, 'quota'],
  [/\bno space left on device\b|\bnot enough space on the disk\b/i, 'full'],
  [/\bread-only file system\b/i, 'read-only'],
];

const WHAT: Readonly<Record<Kind, string>> = {
  quota: 'the disk quota is used up (EDQUOT)',
  full: 'the disk is full (ENOSPC)',
  'read-only': 'the file system is read-only (EROFS)',
  denied: 'the permission is missing (EACCES)',
  file: 'a file is where a folder is needed (ENOTDIR)',
  folder: 'it is a folder, and a file is needed (EISDIR)',
};

const FREE =
  'branchline store gc <run> deletes checkpoints that no plan needs, and prepared text (runs/.data) can be deleted. Then run the same command again; everything stored before is safe.';

const REMEDIES: Readonly<Record<Kind, string>> = {
  quota: `Make room or get a larger quota: ${FREE}`,
  full: `Make room on this disk: ${FREE}`,
  'read-only': 'Choose a folder on another file system (--runs, --out), or have this one mounted for writing.',
  denied: 'Get the permission to read and write it, or choose another folder (--runs, --out).',
  file: 'Name a folder, or remove the file.',
  folder: 'Name a file in it.',
};

/**
 * Describes an error of the disk: `what` is wrong, and the remedy. Undefined for other errors. Missing permissions
 * count only if the error comes from Node's file system, because other libraries also read with them.
 */
export function describeDiskError(error: unknown): { readonly what: string; readonly remedy: string } | undefined {
  const kind = kindOf(error);
  return kind && { what: WHAT[kind], remedy: REMEDIES[kind] };
}

/** Whether an error says that there is no room, or that a file system cannot be written. */
export function isDiskFull(error: unknown): boolean {
  return ['quota', 'full', 'read-only'].includes(kindOf(error) ?? '');
}

/**
 * The `store` error for an error of the disk; undefined for other errors, and for errors that are already described.
 * `where`: what could not be written, if the error does not say so.
 */
export function diskError(cause: unknown, where?: string): BranchlineError | undefined {
  if (cause instanceof BranchlineError) return undefined;
  const described = describeDiskError(cause);
  if (described === undefined) return undefined;
  const path = pathOf(cause) ?? where;
  const failed = isDiskFull(cause) ? 'could not be written' : 'cannot be used';
  const message = `${path ?? 'a file'} ${failed}: ${described.what}`;
  const problem: Problem = { message, remedy: described.remedy };
  return new BranchlineError('store', problem, { cause });
}

/**
 * Calls `work`, which writes to `path`. Node's errors of writing to an open file do not say which; this adds the path.
 */
export async function writingTo<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withPath(error, path);
  }
}

/** `writingTo` for synchronous work. */
export function writingToSync<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withPath(error, path);
  }
}

function withPath(error: unknown, path: string): unknown {
  const { syscall, path: known } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && known === undefined) Object.assign(error as Error, { path });
  return error;
}

function kindOf(error: unknown): Kind | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) {
    if (errno !== undefined && errno === QUOTA_NUMBERS[process.platform]) return 'quota';
    // `mkdir` of a path that is a file.
    if (code === 'EEXIST' && syscall === 'mkdir') return 'file';
    return CODES[code ?? ''];
  }
  return TEXTS.find(([text]) => text.test(messageOf(error)))?.[1];
}

/** The path in an error of Node, or the quoted one in the text of another library. */
function pathOf(error: unknown): string | undefined {
  // Of a rename, the new name is the one that was asked for.
  const { path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  return dest ?? path ?? /["']([^"'\n]*[/\\][^"'\n]*)["']/.exec(messageOf(error))?.[1];
}
