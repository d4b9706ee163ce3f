/** `branchline watch` and `bench --watch`, as processes, on runs of the quadratic trainer. */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { branchline, type Started, start } from './bin.js';
import { addressIn, quadratic } from './watch.js';

/** Starts a process that is ended with the test, whatever comes. */
function started(...args: Parameters<typeof start>): Started {
  const process = start(...args);
  onTestFinished(() => void process.child.kill('SIGKILL'));
  return process;
}

/** Waits until a process prints the address of its page. */
async function address({ child }: Started, stream: 'stdout' | 'stderr'): Promise<string> {
  let text = '';
  const found = new Promise<string>((resolve, reject) => {
    child[stream]!.on('data', (chunk: string) => {
      text += chunk;
      const url = addressIn(text);
      if (url !== undefined && text.includes('ssh -L')) resolve(url);
    });
    child.once('close', () => reject(new Error(`ended without an address:\n${text}`)));
  });
  return found;
}

/** A port that is taken while `work` runs. */
async function withTakenPort(work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

describe('branchline watch', () => {
  let directory: string;
  beforeAll(async () => {
    directory = quadratic(1, mkdtempSync(join(tmpdir(), 'branchline-watch-')));
    expect(await branchline(directory, 'bench', 'toy.json', '--no-report')).toMatchObject({ code: 0 });
    return () => rmSync(directory, { recursive: true, force: true });
  });

  it('serves a finished run, says how to reach it from elsewhere, and ends with Ctrl-C as a success', async () => {
    const watch = started(directory, 'watch', join('runs', 'toy'));
    const url = await address(watch, 'stdout');
    const page = await (await fetch(url)).text();
    expect(page).toContain('</span> Finished');
    expect(page).toContain('path switching');
    expect(await (await fetch(`${url}report`)).text()).toContain('id="cost-loss"');
    watch.child.kill('SIGINT');
    const { code, signal, stdout, stderr } = await watch.ended;
    expect([code, signal, stderr]).toEqual([0, null, '']);
    const { port } = new URL(url);
    expect(stdout).toContain(`ssh -L ${port}:127.0.0.1:${port} `);
  });

  it('prints the state once with --json', async () => {
    const { code, stdout } = await branchline(directory, 'watch', 'runs/toy', '--json');
    expect(code).toBe(0);
    const state = JSON.parse(stdout) as { status: string; steps: { done: number; planned: number } };
    expect(state).toMatchObject({ experiment: 'toy', status: 'finished' });
    expect(state.steps.done).toBe(state.steps.planned);
    expect(state.steps.done).toBeGreaterThan(0);
  });

  it.skipIf(!inject('full'))('refuses what is no run, and a port that cannot be used, with remedies', async () => {
    mkdirSync(join(directory, 'empty'), { recursive: true });
    for (const [args, message] of [
      [['nowhere'], /there is no run directory .*nowhere\n +\S/],
      [['empty'], /empty is no run directory.*\n +\S/],
      [['runs'], /folder of runs.*\n.*toy/],
      [['toy.json'], /is a file, not a run directory\n +\S/],
      [['runs/toy', '--port', '70000'], /--port must be.*\n +Leave it out/],
    ] as const) {
      const { code, stdout, stderr } = await branchline(directory, 'watch', ...args);
      expect([args, code, stdout]).toEqual([args, 2, '']);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/^ +at /m);
    }
    await withTakenPort(async (port) => {
      const { code, stderr } = await branchline(directory, 'watch', 'runs/toy', '--port', String(port));
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`port ${port}: another program uses it\\n +Give another --port`));
    });
  });
});

describe('bench --watch', () => {
  it('refuses a taken port before anything is trained', async () => {
    const directory = quadratic();
    await withTakenPort(async (port) => {
      const { code, stderr } = await branchline(directory, 'bench', 'toy.json', '--watch', '--port', String(port));
      expect(code).toBe(2);
      expect(stderr).toContain(`port ${port}`);
      expect(existsSync(join(directory, 'runs'))).toBe(false);
    });
  });

  it.skipIf(!inject('full'))('refuses --port without --watch', async () => {
    const { code, stderr } = await branchline(quadratic(), 'bench', 'toy.json', '--port', '8000');
    expect(code).toBe(2);
    expect(stderr).toContain('Give --watch too.');
  });

  it('shows the run while it trains, and ends with it; a page that dies is one warning', async () => {
    const directory = quadratic(2);
    const bench = started(directory, 'bench', 'toy.json', '--watch', '--no-report', '--json');
    const url = await address(bench, 'stderr');
    const answer = await fetch(`${url}events`);
    let seen = '';
    for await (const chunk of answer.body!.pipeThrough(
      new TextDecoderStream() as never,
    ) as unknown as AsyncIterable<string>) {
      seen += chunk;
    }
    const { code, stdout, stderr } = await bench.ended;
    expect([code, stderr.includes('warning')]).toEqual([0, false]);
    expect(JSON.parse(stdout)).toHaveProperty('strategies');
    // The stream ended with the last state of the run.
    expect(seen).toContain('</span> Finished');
    expect(seen.trimEnd()).toMatch(/event: end\ndata:\s*$/);
    await expect(fetch(url)).rejects.toThrow();

    // Started again on the finished directory, the page does not show that the earlier start finished.
    const again = started(directory, 'bench', 'toy.json', '--seeds', '8', '--watch', '--no-report', '--json');
    const first = await (await fetch(await address(again, 'stderr'))).text();
    expect(first).not.toContain('</span> Finished');
    expect((await again.ended).code).toBe(0);
  });

  it.skipIf(!inject('full') || process.platform === 'win32')('trains on when its page dies', async () => {
    const directory = quadratic(40);
    const bench = started(directory, 'bench', 'toy.json', '--watch', '--no-report');
    const url = await address(bench, 'stderr');
    process.kill(childOf(bench.child.pid!), 'SIGKILL');
    const { code, stderr } = await bench.ended;
    expect(code).toBe(0);
    expect(stderr.match(/the page has ended/g)).toHaveLength(1);
    await expect(fetch(url)).rejects.toThrow();
  });

  it.skipIf(!inject('full') || process.platform === 'win32')('leaves no page behind when it is killed', async () => {
    const directory = quadratic(200);
    const bench = started(directory, 'bench', 'toy.json', '--watch', '--no-report');
    const url = await address(bench, 'stderr');
    await bench.says('steps in');
    bench.child.kill('SIGKILL');
    await bench.ended;
    const gone = async () =>
      fetch(url).then(
        () => false,
        () => true,
      );
    let tries = 0;
    while (!(await gone()) && tries < 100) {
      tries += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(tries).toBeLessThan(100);
    const { stdout } = await branchline(directory, 'watch', 'runs/toy', '--json');
    const { status } = JSON.parse(stdout) as { readonly status: string };
    expect(status).toBe('killed');
  });
});

/** The only child process of a process. */
function childOf(pid: number): number {
  const list = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  const own = list.split('\n').flatMap((line) => {
    const [, child, parent, args] = /^ *(\d+) +(\d+) +(.*)$/.exec(line) ?? [];
    return Number(parent) === pid && args!.includes('--attached') ? [Number(child)] : [];
  });
  expect(own).toHaveLength(1);
  return own[0]!;
}
