/**
 * `--on slurm` against a real Slurm with two nodes on this machine. Its queue takes eight jobs, so that it is full most
 * of the time.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder, TINY, writeTexts } from '@branchline/api/test/corpus.js';
import { type Digest, jobFolder, jobFolders, Ledger, messageOf } from '@branchline/core';
import { afterAll, describe, expect, it } from 'vitest';
import { branchline, start } from './bin.js';
import { Cluster, noSlurm } from './slurm/cluster.js';
import { writeTinyQuick } from './tiny-quick.js';

let reason = noSlurm();
let cluster: Cluster | undefined;
if (reason === undefined) {
  try {
    cluster = await Cluster.start();
    process.env.SLURM_CONF = cluster.env.SLURM_CONF;
  } catch (error) {
    reason = messageOf(error);
  }
}
if (reason !== undefined) console.warn(`SKIPPED: runs on a real Slurm. ${reason}`);
// Outside of the tests that use it, so that the daemons end when none of them is chosen, too.
afterAll(() => cluster?.stop(), 60_000);

const STRATEGIES = {
  continual: ['continual'],
  switching: ['path-switching'],
  averaged: [
    { plugin: 'path-switching', options: { alpha: 0 } },
    { plugin: 'model-averaging', options: { last: 2, every: 4 } },
  ],
};

function experiment(directory: string, change: object = {}): void {
  writeTexts(directory, 120);
  const on = { slurm: { pollSeconds: 1 } };
  const versions = { by: 'random', count: 2, tokens: 2048 };
  const config = {
    ...TINY,
    data: { ...TINY.data, versions },
    checkpointEvery: 40,
    strategies: STRATEGIES,
    on,
    ...change,
  };
  writeFileSync(join(directory, 'exp.json'), JSON.stringify(config));
}

interface Stored {
  /** Digest of the weights of each release, by strategy. */
  readonly releases: unknown;
  readonly ledger: readonly unknown[];
  readonly steps: number;
}

/** What may not depend on where a run was trained. */
async function stored(directory: string, runs: string): Promise<Stored> {
  const run = join(directory, runs, 'exp');
  const results = JSON.parse(readFileSync(join(run, 'results.json'), 'utf8')) as {
    strategies: { name: string; releases: { weightsDigest: string; loss: number }[] }[];
    actual: { steps: number };
  };
  const entries = await Ledger.read(join(run, 'ledger.jsonl'));
  return {
    releases: results.strategies.map(({ name, releases }) => [
      name,
      ...releases.map((of) => [of.weightsDigest, of.loss]),
    ]),
    ledger: entries.map(({ id, kind, from, to, steps, flops }) => [id, kind, from, to, steps, flops].join(' ')).sort(),
    steps: results.actual.steps,
  };
}

/** The process of a running job of a state. */
function processOf(state: Digest): number | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (words.includes('job') && words.includes(state)) return Number(pid);
    } catch {
      // It has ended.
    }
  }
  return undefined;
}

/** A job that has stored something and still trains. */
async function busyJob(run: string, except: ReadonlySet<Digest>): Promise<{ state: Digest; pid: number }> {
  for (let tries = 0; tries < 600; tries++) {
    for (const state of existsSync(join(run, 'jobs')) ? await jobFolders(run) : []) {
      const pid = processOf(state);
      const lines = await Ledger.read(join(jobFolder(run, state), 'ledger.jsonl')).catch(() => []);
      if (pid !== undefined && !except.has(state) && lines.length > 0) return { state, pid };
    }
    await sleep(200);
  }
  throw new Error('no job trains');
}

describe.skipIf(reason !== undefined)('a run on Slurm', () => {
  const jobOf = async (state: Digest) => {
    const lines = (await cluster!.ask('squeue', '--noheader', '--format=%i|%j|%N')).trim().split('\n');
    const [id, , node] = lines.find((line) => line.includes(state.slice(0, 20)))!.split('|');
    return { id: id!, node: node! };
  };

  /** Slurm waits for two minutes before it starts a requeued job. Returns when the job is no longer held back. */
  const beginNow = async (id: string) => {
    for (let tries = 0; tries < 150; tries++) {
      const reason = await cluster!.ask('squeue', '--noheader', '--jobs', id, '--format=%r').catch(() => '');
      if (reason.trim() === 'BeginTime') await cluster!.ask('scontrol', 'update', `JobId=${id}`, 'StartTime=now');
      else if (tries > 15) return;
      await sleep(200);
    }
  };

  it('ends the quick experiment in the digests, losses and ledger of a run on this machine; status shows it', {
    timeout: 600_000,
  }, async () => {
    const directory = folder();
    writeTinyQuick(directory, 2, { name: 'exp', on: { slurm: { pollSeconds: 1 } } });
    const args = ['bench', 'tiny.config.ts', '--no-report'];
    const local = await branchline(directory, ...args, '--on', 'local', '--runs', 'local');
    expect(local.code, local.stderr).toBe(0);
    const run = start(directory, ...args);
    await run.says('steps in');
    const status = await branchline(directory, 'status', 'runs/exp', '--json');
    expect(status.code, status.stderr).toBe(0);
    const { queue, segments } = JSON.parse(status.stdout) as { queue: string; segments: { is: string }[] };
    expect(queue).toBe('Slurm');
    expect(segments.length).toBeGreaterThan(15);
    const { code, stderr } = await run.ended;
    expect(code, stderr).toBe(0);
    expect(await stored(directory, 'runs')).toEqual(await stored(directory, 'local'));
    expect(await jobFolders(join(directory, 'runs', 'exp'))).toEqual([]);
    // Eight jobs fill the queue.
    expect(stderr).toContain('Slurm takes no more jobs now');
  });

  it('loses nothing: dead coordinator, crashed node, preempted job, time limit', { timeout: 600_000 }, async () => {
    const directory = folder();
    const versions = { by: 'random', count: 2, tokens: 60_000 };
    const strategies = { continual: ['continual'], 'stable-only': ['stable-only'] };
    experiment(directory, { data: { ...TINY.data, versions }, strategies });
    writeTexts(directory, 900);
    const args = ['bench', 'exp.json', '--no-report'];
    const local = await branchline(directory, ...args, '--on', 'local', '--runs', 'local');
    expect(local.code, local.stderr).toBe(0);
    const run = join(directory, 'runs', 'exp');
    const seen = new Set<Digest>();
    const busy = async () => {
      const job = await busyJob(run, seen);
      seen.add(job.state);
      return job;
    };

    const first = start(directory, ...args);
    await busy();
    first.child.kill('SIGKILL');
    await first.ended;
    const second = start(directory, ...args);

    const crashed = await busy();
    const { id, node } = await jobOf(crashed.state);
    await cluster!.crashNode(node, crashed.pid);
    await cluster!.startNode(node);
    await beginNow(id);

    // As when a job of higher priority takes the node.
    const preempted = await jobOf((await busy()).state);
    await cluster!.ask('scontrol', 'requeue', preempted.id);
    await beginNow(preempted.id);

    // As two minutes before the time limit.
    const late = await jobOf((await busy()).state);
    await cluster!.ask('scancel', '--batch', '--signal=USR1', late.id);
    await beginNow(late.id);

    const { code, stderr } = await second.ended;
    expect(code, stderr).toBe(0);
    const [there, here] = [await stored(directory, 'runs'), await stored(directory, 'local')];
    expect(there.releases).toEqual(here.releases);
    expect(there.steps).toBe(here.steps);
  });

  it('names what is wrong with the cluster before anything is trained', { timeout: 120_000 }, async () => {
    const directory = folder();
    experiment(directory, { on: { slurm: { partition: 'nowhere' } } });
    const partition = await branchline(directory, 'bench', 'exp.json');
    expect(partition.code).toBe(2);
    expect(partition.stderr).toMatch(/on\.slurm: Slurm refused a job: .*invalid partition.*nowhere|invalid partition/i);
    experiment(directory, { on: { slurm: { setup: ['exit 3'], pollSeconds: 1 } } });
    const mute = await branchline(directory, 'bench', 'exp.json');
    expect(mute.code).toBe(2);
    expect(mute.stderr).toMatch(/left nothing in the run directory/);
    experiment(directory, { on: { slurm: { setup: ['echo no module cuda >&2', 'exit 3'], pollSeconds: 1 } } });
    const loud = await branchline(directory, 'bench', 'exp.json');
    expect(loud.stderr).toMatch(/could not say which trainer it has:\s+no module cuda/);
    expect(existsSync(join(directory, 'runs', 'exp', 'checkpoints'))).toBe(false);
  });
});

describe('without Slurm', () => {
  it('says that there is no sbatch, and where to start', async () => {
    const directory = folder();
    experiment(directory);
    const path = process.env.PATH;
    process.env.PATH = '/nowhere';
    const { code, stderr } = await branchline(directory, 'bench', 'exp.json').finally(() => {
      process.env.PATH = path;
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/on: there is no sbatch on this machine\s+Start the run where Slurm can be asked/);
  });

  it('reports wrong settings with the other mistakes of the file', async () => {
    const directory = folder();
    experiment(directory, { on: { slurm: { gpu: 1, time: 'soon' } }, disk: '1GB', lanes: 2 });
    const { code, stderr } = await branchline(directory, 'bench', 'exp.json');
    expect(code).toBe(2);
    for (const part of [
      'on.slurm.gpu',
      'gpus',
      'on.slurm.time',
      'disk: cannot be kept',
      'lanes: is for this machine',
    ]) {
      expect(stderr).toContain(part);
    }
  });
});
