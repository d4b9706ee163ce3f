/**
 * The walk of docs/compare-on-your-data.md as a newcomer takes it: from a folder of text with dates to a live page,
 * runs in MLflow and a report, within ten minutes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder } from '@branchline/api/test/corpus.js';
import { programFor } from '@branchline/api/test/logger-python.js';
import { MlflowServer, tagOf } from '@branchline/api/test/mlflow-server.js';
import { expect, it, onTestFinished } from 'vitest';
import { branchline, start } from './bin.js';
import { addressIn } from './watch.js';

const PAGE = readFileSync(new URL('../../../docs/compare-on-your-data.md', import.meta.url), 'utf8');
const TEN_MINUTES = 600_000;
const mlflow = programFor('the walk of a newcomer with MLflow', 'mlflow');

/** The program of the page that writes its example text. */
const maker = /^```js file=(\S+)\n(.*?)^```$/ms.exec(PAGE)!;

it(
  'a folder of text with dates becomes a live page, runs in MLflow and a report',
  async () => {
    const directory = folder();
    for (const command of ['init notes --time 1m', 'plan notes.yaml', 'bench notes.yaml --watch', '--log mlflow']) {
      expect(PAGE).toContain(command);
    }
    const [, name, code] = maker;
    writeFileSync(join(directory, name!), code!);
    execFileSync(process.execPath, [name!], { cwd: directory });
    const init = await branchline(directory, 'init', 'notes', '--time', '1m');
    expect(init.code, init.stderr).toBe(0);
    const plan = await branchline(directory, 'plan', 'notes.yaml');
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.stdout).toContain('2026-10');

    const server = mlflow === undefined ? undefined : await MlflowServer.start(mlflow);
    onTestFinished(() => server?.remove());
    process.env.MLFLOW_TRACKING_URI = server?.uri;
    const log = server === undefined ? [] : ['--log', 'mlflow'];
    const bench = start(directory, 'bench', 'notes.yaml', '--watch', ...log);
    onTestFinished(() => void bench.child.kill('SIGKILL'));
    let said = '';
    bench.child.stderr!.on('data', (chunk: string) => (said += chunk));
    await bench.says('steps in');
    // While it trains, or in its last moment: the page ends with the bench, after its last state.
    const url = addressIn(said)!;
    let page = '';
    while (!page.includes('Training') && bench.child.exitCode === null) {
      page = await fetch(url).then(
        (answer) => answer.text(),
        () => page,
      );
      await sleep(100);
    }
    expect(page).toContain('Training');
    expect(page).toContain('path switching');
    const { code: ended, stderr, stdout } = await bench.ended;
    expect(ended, stderr).toBe(0);
    expect(stdout).toContain('from scratch (baseline)');

    const report = readFileSync(join(directory, 'runs/notes/report.html'), 'utf8');
    expect(report).toContain('path switching');
    expect(report).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
    if (server !== undefined) {
      const runs = await server.runsOf('notes');
      const nodes = runs.map((run) => tagOf(run, 'branchline.node'));
      for (const strategy of ['from scratch', 'continual', 'path switching']) {
        expect(nodes).toContain(`strategy ${strategy}/seed-1`);
      }
      expect(runs.map(({ info }) => info.status)).toEqual(runs.map(() => 'FINISHED'));
    }
    const verified = await branchline(directory, 'ledger', 'verify', 'runs/notes');
    expect(verified.stdout + verified.stderr).toContain('nothing is altered, missing or doubled');
  },
  TEN_MINUTES,
);
