/** A real disk that is too small, if the machine allows mounting one. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSIDE = 'BRANCHLINE_FAULTS_OWN_MOUNTS';
/** More than a workspace needs. */
const DISK_BYTES = 24 * 2 ** 20;

/** True in a process with its own mount namespace, whose mounts disappear with it. */
export const hasOwnMounts = process.env[INSIDE] === '1';

/** Restarts this process with its own mount namespace; undefined if that is not allowed. */
export function restartWithOwnMounts(): ChildProcess | undefined {
  const probe = mkdtempSync(join(tmpdir(), 'branchline-mount-'));
  try {
    // Root can always create one; other users if the kernel allows user namespaces.
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

/** Mounts an empty disk over a folder. */
export function mountDisk(directory: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'none', directory]);
}

/** Unmounts the disk; its content is lost. */
export function unmountDisk(directory: string): void {
  spawnSync('umount', ['--lazy', directory], { stdio: 'ignore' });
}

/** Fills the disk of a folder up to this much free space. Returns a function that frees it again. */
export async function fillDisk(directory: string, freeBytes: number): Promise<() => Promise<void>> {
  const { bavail, bsize } = await statfs(directory);
  const ballast = join(directory, 'ballast');
  await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
  return () => rm(ballast);
}
