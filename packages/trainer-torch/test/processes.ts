/** Processes on Linux, from /proc. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The state and the parent of a process; undefined if there is none. */
function statOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state: state!, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

/** Whether a process runs; a zombie does not. */
export const isRunning = (pid: number): boolean => (statOf(pid)?.state ?? 'Z') !== 'Z';

/** Those that still run after 10 seconds at most. */
export async function leftOf(pids: readonly number[]): Promise<readonly number[]> {
  for (let round = 0; pids.some(isRunning) && round < 1000; round++) await sleep(10);
  return pids.filter(isRunning);
}

/** The launcher of a rank, and all ranks in their order. */
export function groupOf(rank: number): readonly number[] {
  const { parent } = statOf(rank)!;
  const ranks = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ').map(Number);
  return [parent, ...ranks.sort((a, b) => a - b)];
}
