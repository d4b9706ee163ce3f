/** Folders of installations that were killed. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Temporary build folders; the name contains the id of the building process. */
const BUILDING = /^\.building-(\d+)(-old)?$/;

/** Removes build folders of processes that were killed. */
export function removeLeftovers(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const pid = BUILDING.exec(name)?.[1];
    if (pid !== undefined && !isOther(Number(pid))) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Whether a different process with this id runs. In a container ids recur soon, so a folder with our own id is a
 * leftover.
 */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
