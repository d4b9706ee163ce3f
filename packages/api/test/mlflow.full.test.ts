/** The logger `mlflow` against a real server on the loopback. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bench, mlflow } from '../src/index.js';
import { loggedExperiment } from './logged.js';
import { programFor } from './logger-python.js';
import { type MlflowRun, MlflowServer, tagOf } from './mlflow-server.js';

const program = programFor('the logger mlflow against a server', 'mlflow');

describe.skipIf(program === undefined)('mlflow', { timeout: 240_000 }, () => {
  let server: MlflowServer;

  const steps = async (run: MlflowRun, metric: string) => {
    const { metrics = [] } = await server.ask<{ metrics?: { step: number }[] }>(
      `/metrics/get-history?run_id=${run.info.run_id}&metric_key=${metric}`,
    );
    return metrics.map(({ step }) => Number(step)).sort((a, b) => a - b);
  };
  /** All steps that the server has, path by path. */
  const pointsOf = async (name: string) => {
    const paths = (await server.runsOf(name)).filter((run) => tagOf(run, 'branchline.node')?.startsWith('path '));
    const points = await Promise.all(
      paths.map(async (run) => (await steps(run, 'loss')).map((step) => `${tagOf(run, 'branchline.node')} ${step}`)),
    );
    return points.flat().sort();
  };

  beforeAll(async () => {
    server = await MlflowServer.start(program!);
  }, 120_000);

  afterAll(() => server?.remove());

  const setUp = (experiment: string) => loggedExperiment(mlflow({ uri: server.uri, experiment }));

  it('has nested runs like the run graph, with results and report, and a second run adds nothing', async () => {
    const { config, options } = setUp('nested');
    const { results } = await bench(config, options);
    const runs = await server.runsOf('nested');
    const byNode = new Map(runs.map((run) => [tagOf(run, 'branchline.node'), run]));
    const root = byNode.get('experiment')!;
    const strategy = byNode.get('strategy switching/seed-1')!;
    const main = byNode.get('path switching/seed-1/v2-main')!;
    const branch = byNode.get('path switching/seed-1/v2-branch')!;
    expect(tagOf(strategy, 'mlflow.parentRunId')).toBe(root.info.run_id);
    expect(tagOf(branch, 'mlflow.parentRunId')).toBe(strategy.info.run_id);
    expect(tagOf(branch, 'branchline.parent')).toBe(`switching/seed-1/v2-main`);
    expect(tagOf(branch, 'branchline.parent.run')).toBe(main.info.run_id);
    expect(tagOf(branch, 'branchline.key')).toMatch(/^[0-9a-f]{64}$/);
    // One history over the fork.
    const [first] = await steps(branch, 'loss');
    expect(await steps(main, 'loss')).toContain(first! - 1);
    expect(await steps(strategy, 'release_loss')).toEqual([1, 2]);
    expect(root.data.params).toContainEqual({ key: 'training.batch', value: '4' });
    expect(runs.map(({ info }) => info.status)).toEqual(runs.map(() => 'FINISHED'));
    const { files } = await server.ask<{ files: { path: string }[] }>(`/artifacts/list?run_id=${root.info.run_id}`);
    expect(files.map(({ path }) => path).sort()).toEqual(['report.html', 'results.json']);
    const points = await pointsOf('nested');
    expect(points).toHaveLength(results.actual.steps);

    await bench(config, options);
    expect(await pointsOf('nested')).toEqual(points);
    expect(await server.runsOf('nested')).toHaveLength(runs.length);
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
    await server.stop();
    await bench(config, { ...options, onEvent: (event) => event.type === 'warning' && said.push(event.message) });
    expect(said.filter((message) => message.startsWith('log: '))).toEqual([
      expect.stringMatching(/^log: mlflow: http:\/\/127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\)/),
      expect.stringContaining('mlflow lacks points of this run'),
    ]);
    await server.start();
    await bench(config, options);
    expect(await pointsOf('killed')).toEqual(await pointsOf('nested'));
  });
});
