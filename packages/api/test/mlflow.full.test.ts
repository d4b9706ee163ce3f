/** The logger `mlflow` against a real server on the loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bench, continual, type ExperimentConfig, mlflow, pathSwitching, quadratic } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';
import { programFor } from './logger-python.js';

const program = programFor('the logger mlflow against a server', 'mlflow');

interface Run {
  readonly info: { readonly run_id: string; readonly run_name: string; readonly status: string };
  readonly data: {
    readonly metrics?: readonly { readonly key: string; readonly step: number }[];
    readonly params?: readonly { readonly key: string; readonly value: string }[];
    readonly tags: readonly { readonly key: string; readonly value: string }[];
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(program === undefined)('mlflow', { timeout: 240_000 }, () => {
  let port = 0;
  let directory = '';
  let server: ChildProcess | undefined;
  let uri = '';

  async function start() {
    const args = ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
    const store = [
      '--backend-store-uri',
      `sqlite:///${directory}/mlflow.db`,
      '--artifacts-destination',
      `${directory}/artifacts`,
    ];
    // A group of its own: the server has children.
    server = spawn(program!, [...args, ...store], { detached: true, stdio: 'ignore', cwd: directory });
    for (let attempt = 0; attempt < 600; attempt++) {
      const healthy = await fetch(`${uri}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (healthy) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('the MLflow server did not start');
  }

  async function stop() {
    if (server?.pid === undefined) return;
    const ended = new Promise((resolve) => server!.once('exit', resolve));
    process.kill(-server.pid, 'SIGKILL');
    await ended;
    server = undefined;
  }

  const asked = async <T>(path: string, body?: object): Promise<T> => {
    const init = body && {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    };
    const response = await fetch(`${uri}/api/2.0/mlflow${path}`, init);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  };

  const runsOf = async (name: string) => {
    const found = await asked<{ experiment: { experiment_id: string } }>(
      `/experiments/get-by-name?experiment_name=${name}`,
    );
    const query = { experiment_ids: [found.experiment.experiment_id], max_results: 1000 };
    const { runs = [] } = await asked<{ runs?: Run[] }>('/runs/search', query);
    return runs;
  };
  const tag = ({ data }: Run, key: string) => data.tags.find((of) => of.key === key)?.value;
  const steps = async (run: Run, metric: string) => {
    const { metrics = [] } = await asked<{ metrics?: { step: number }[] }>(
      `/metrics/get-history?run_id=${run.info.run_id}&metric_key=${metric}`,
    );
    return metrics.map(({ step }) => Number(step)).sort((a, b) => a - b);
  };
  /** All steps that the server has, path by path. */
  const pointsOf = async (name: string) => {
    const paths = (await runsOf(name)).filter((run) => tag(run, 'branchline.node')?.startsWith('path '));
    const points = await Promise.all(
      paths.map(async (run) => (await steps(run, 'loss')).map((step) => `${tag(run, 'branchline.node')} ${step}`)),
    );
    return points.flat().sort();
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'branchline-mlflow-'));
    port = await freePort();
    uri = `http://127.0.0.1:${port}`;
    await start();
  }, 120_000);

  afterAll(async () => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function setUp(experiment: string) {
    const own = folder();
    writeTexts(own);
    const config: ExperimentConfig = {
      ...TINY,
      data: { ...TINY.data, versions: { ...TINY.data.versions, count: 2 } },
      trainer: quadratic(),
      checkpointEvery: 5,
      strategies: { continual: [continual()], switching: [pathSwitching({ alpha: 0.5 })] },
      log: mlflow({ uri, experiment }),
    };
    return { config, options: { runs: join(own, 'runs'), directory: own, name: 'tiny' } };
  }

  it('has nested runs like the run graph, with results and report, and a second run adds nothing', async () => {
    const { config, options } = setUp('nested');
    const { results } = await bench(config, options);
    const runs = await runsOf('nested');
    const byNode = new Map(runs.map((run) => [tag(run, 'branchline.node'), run]));
    const root = byNode.get('experiment')!;
    const strategy = byNode.get('strategy switching/seed-1')!;
    const main = byNode.get('path switching/seed-1/v2-main')!;
    const branch = byNode.get('path switching/seed-1/v2-branch')!;
    expect(tag(strategy, 'mlflow.parentRunId')).toBe(root.info.run_id);
    expect(tag(branch, 'mlflow.parentRunId')).toBe(strategy.info.run_id);
    expect(tag(branch, 'branchline.parent')).toBe(`switching/seed-1/v2-main`);
    expect(tag(branch, 'branchline.parent.run')).toBe(main.info.run_id);
    expect(tag(branch, 'branchline.key')).toMatch(/^[0-9a-f]{64}$/);
    // One history over the fork.
    const [first] = await steps(branch, 'loss');
    expect(await steps(main, 'loss')).toContain(first! - 1);
    expect(await steps(strategy, 'release_loss')).toEqual([1, 2]);
    expect(root.data.params).toContainEqual({ key: 'training.batch', value: '4' });
    expect(runs.map(({ info }) => info.status)).toEqual(runs.map(() => 'FINISHED'));
    const { files } = await asked<{ files: { path: string }[] }>(`/artifacts/list?run_id=${root.info.run_id}`);
    expect(files.map(({ path }) => path).sort()).toEqual(['report.html', 'results.json']);
    const points = await pointsOf('nested');
    expect(points).toHaveLength(results.actual.steps);

    await bench(config, options);
    expect(await pointsOf('nested')).toEqual(points);
    expect(await runsOf('nested')).toHaveLength(runs.length);
    expect(await steps(strategy, 'release_loss')).toEqual([1, 2]);
  });

  it('a run that is interrupted and a server that is killed lose nothing and repeat nothing', async () => {
    const { config, options } = setUp('killed');
    const abort = new AbortController();
    let trained = 0;
    const said: string[] = [];
    const interrupted = bench(config, {
      ...options,
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'step' && ++trained === 25) abort.abort();
      },
    });
    await expect(interrupted).rejects.toThrow('is stored');
    // A stop waits a few seconds for the server, no longer.
    expect((await pointsOf('killed')).length).toBeLessThanOrEqual(25);
    await stop();
    await bench(config, { ...options, onEvent: (event) => event.type === 'warning' && said.push(event.message) });
    expect(said.filter((message) => message.startsWith('log: '))).toEqual([
      expect.stringMatching(/^log: mlflow: http:\/\/127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)/),
      expect.stringContaining('mlflow lacks points of this run'),
    ]);
    await start();
    await bench(config, options);
    expect(await pointsOf('killed')).toEqual(await pointsOf('nested'));
  });
});
