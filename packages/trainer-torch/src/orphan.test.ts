/** No worker outlives its parent. It needs PyTorch. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { refusal } from '../test/fixtures.js';

/** Whether a process runs; a zombie does not. */
function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0] !== 'Z';
  } catch {
    return false;
  }
}

describe.skipIf(refusal !== undefined || process.platform !== 'linux')('the worker of a process', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends with it after %s, in the middle of a step',
    async (signal) => {
      const args = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register', 'test/train-forever.ts'];
      const parent = spawn(process.execPath, args, {
        cwd: join(import.meta.dirname, '..'),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      for await (const piece of parent.stdout.setEncoding('utf8')) {
        printed += piece as string;
        if (printed.includes('\n')) break;
      }
      const pid = Number(printed);
      expect(isRunning(pid)).toBe(true);
      await sleep(100);
      parent.kill(signal);
      for (let round = 0; isRunning(pid) && round < 1000; round++) await sleep(10);
      expect(isRunning(pid)).toBe(false);
    },
    120_000,
  );
});
