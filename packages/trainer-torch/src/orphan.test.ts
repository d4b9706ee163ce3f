/** No worker outlives its parent. It needs PyTorch. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { refusal } from '../test/fixtures.js';
import { groupOf, isRunning, leftOf } from '../test/processes.js';

describe.skipIf(refusal !== undefined || process.platform !== 'linux')('the worker of a process', () => {
  const cases = [
    ['SIGKILL', 1],
    ['SIGTERM', 1],
    ['SIGKILL', 2],
  ] as const;
  it.each(inject('full') ? cases : cases.slice(0, 2))(
    'ends with it after %s, in the middle of a step: %i processes',
    async (signal, processes) => {
      const source = ['--conditions=@branchline/source', '--import', '@oxc-node/core/register'];
      const parent = spawn(process.execPath, [...source, 'test/train-forever.ts', String(processes)], {
        cwd: join(import.meta.dirname, '..'),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      for await (const piece of parent.stdout.setEncoding('utf8')) {
        printed += piece as string;
        if (printed.includes('\n')) break;
      }
      const pid = Number(printed);
      const pids = processes > 1 ? groupOf(pid) : [pid];
      expect(pids.filter(isRunning)).toHaveLength(processes > 1 ? processes + 1 : 1);
      await sleep(100);
      parent.kill(signal);
      expect(await leftOf(pids)).toEqual([]);
    },
    300_000,
  );
});
