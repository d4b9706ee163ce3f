/** A real disk that is too small, where this machine lets us have one. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSIDE = 'BRANCHLINE_FAULTS_OWN_MOUNTS';
/** More than a workspace needs. */
const DISK_BYTES = 24 * 2 ** 20;

/** True in a process whose mounts are its own: they end with it, however it ends. */
export const hasOwnMounts = process.env[INSIDE] === '1';

/** Starts this very process again with mounts of its own; undefined where that cannot be had. */
export function restartWithOwnMounts(): ChildProcess | undefined {
  const probe = mkdtempSync(join(tmpdir(), 'branchline-mount-'));
  try {
    // Root may always have mounts of its own; others where the kernel lets them be root in a namespace of theirs.
    for (const flags of ['--mount', '--mount --map-root-user'].map((text) => text.split(' '))) {
      const mount = ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'none', probe];
      if (spawnSync('unshare', [...flags, ...mount], { stdio: 'ignore' }).status !== 0) continue;
      const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
      const env = { ...process.env, [INSIDE]: '1' };
      return spawn('unshare', [...flags, ...self], { stdio: 'inherit', env });
    }
    return undefined;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

/** Puts an empty disk over a folder. */
export function mountDisk(directory: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'none', directory]);
}

/** Takes the disk away, with all that is on it. */
export function unmountDisk(directory: string): void {
  spawnSync('umount', ['--lazy', directory], { stdio: 'ignore' });
}

/** Leaves so much room on the disk of a folder. Returns what makes room again. */
export async function fillDisk(directory: string, freeBytes: number): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(directory);
  const ballast = join(directory, 'ballast');
  await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
  return () => rm(ballast);
}
