/** The logger `wandb` in offline mode, with W&B's client: what its files hold, as W&B's own messages decode them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bench, jsonl, wandb } from '../src/index.js';
import { loggedExperiment } from './logged.js';
import { programFor } from './logger-python.js';

const python = programFor('the logger wandb with its client', 'wandb') && programFor('wandb', 'python');
const WORKER = join(import.meta.dirname, '../../logging/worker');

/** Every record of a run and of its history, by run directory. */
const READ = `
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from branchline_wandb import chunks, rows
from wandb.proto.wandb_internal_pb2 import Record
found = []
for path in sorted(pathlib.Path(sys.argv[2]).glob('offline-run-*/run-*.wandb')):
    run = next(r.run for r in map(Record.FromString, chunks(path.read_bytes())) if r.WhichOneof('record_type') == 'run')
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    found.append({'id': run.run_id, 'name': run.display_name, 'group': run.run_group, 'job': run.job_type,
                  'project': run.project, 'config': config, 'rows': list(rows(path))})
print(json.dumps(found))
`;

interface Run {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly job: string;
  readonly project: string;
  readonly config: { readonly branchline: Readonly<Record<string, unknown>> };
  readonly rows: readonly (readonly [number, Readonly<Record<string, number>>])[];
}

const runsIn = (log: string) =>
  JSON.parse(
    execFileSync(python!, ['-c', READ, WORKER, join(log, 'wandb')], { encoding: 'utf8', stdio: 'pipe' }),
  ) as readonly Run[];
const trackOf = ({ config }: Run) => String(config.branchline.track);
/** All steps of paths, with their losses. */
const pointsOf = (runs: readonly Run[]) =>
  runs
    .filter(({ job }) => job === 'path')
    .flatMap((run) => run.rows.map(([step, { loss }]) => `${trackOf(run)} ${step} ${loss}`))
    .sort();
/** The same in the stream of JSON lines. */
const linesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; track: string; step: number; loss: number })
    .filter(({ type }) => type === 'step')
    .map(({ track, step, loss }) => `${track} ${step} ${loss}`)
    .sort();

function setUp(use: Parameters<typeof wandb>[0]) {
  const { config, options } = loggedExperiment([wandb(use), jsonl()]);
  return { config, options, log: join(options.runs, 'tiny/log') };
}

describe.skipIf(python === undefined)('wandb', { timeout: 280_000 }, () => {
  it('has a run for every track, one history over forks, and a second run adds nothing', async () => {
    const { config, options, log } = setUp({ mode: 'offline', project: 'papers', python: python! });
    const { results } = await bench(config, options);
    const runs = runsIn(log);
    expect(pointsOf(runs)).toEqual(linesOf(join(log, 'log.jsonl')));
    expect(pointsOf(runs)).toHaveLength(results.actual.steps);
    const of = (track: string) => runs.find((run) => trackOf(run) === track)!;
    const [main, branch] = [of('switching/seed-1/v2-main'), of('switching/seed-1/v2-branch')];
    expect(branch).toMatchObject({ name: 'switching, seed 1, v2 branch', job: 'path', project: 'papers' });
    expect(branch.config.branchline).toMatchObject({
      strategy: 'switching',
      begin: branch.rows[0]![0] - 1,
      parent: { track: 'switching/seed-1/v2-main', run: main.id, position: branch.rows[0]![0] - 1 },
      key: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(main.rows.map(([step]) => step)).toContain(branch.rows[0]![0] - 1);
    expect(new Set(runs.map(({ group }) => group)).size).toBe(1);
    const releases = of('switching/seed-1/releases');
    expect(releases.job).toBe('releases');
    expect(releases.rows.map(([, { version }]) => version)).toEqual([1, 2]);
    // What W&B would send.
    const { stderr: list } = spawnSync(join(python!, '../wandb'), ['sync', '--dry-run', join(log, 'wandb')], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    for (const { id } of runs) expect(list).toContain(id);

    await bench(config, options);
    expect(runsIn(log)).toEqual(runs);
  });

  it('continues after an interruption and after a file that a kill cut off, with many tracks, and repeats nothing', async () => {
    // More tracks than runs that are open at the same time.
    const { config: one, options, log } = setUp({ mode: 'offline', python: python! });
    const config = { ...one, seeds: [1, 2, 3] };
    const abort = new AbortController();
    let trained = 0;
    const interrupted = bench(config, {
      ...options,
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'step' && ++trained === 25) abort.abort();
      },
    });
    await expect(interrupted).rejects.toThrow('is stored');
    const files = readdirSync(join(log, 'wandb'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.wandb'),
    );
    // As a kill leaves them: nothing was finished.
    rmSync(join(log, 'branchline-wandb.json'));
    for (const name of files) {
      const size = readFileSync(join(log, 'wandb', name)).length;
      truncateSync(join(log, 'wandb', name), Math.round(0.7 * size));
    }
    expect(pointsOf(runsIn(log)).length).toBeLessThan(linesOf(join(log, 'log.jsonl')).length);
    await bench(config, options);
    const runs = runsIn(log);
    expect(new Set(runs.map(({ id }) => id)).size).toBeGreaterThan(16);
    const points = pointsOf(runs);
    expect(points).toEqual(linesOf(join(log, 'log.jsonl')));
    expect(new Set(points).size).toBe(points.length);
  });
});

it.each([
  [
    './no-python',
    /^log: wandb: \.\/no-python cannot be started .*ENOENT.*: `pip install wandb` there, or name a Python/,
  ],
  ['python3', /^log: wandb: python3 has no wandb .*: `pip install wandb` there, or name a Python/],
])('without the client in %s the run is complete, and says what to do', async (name, message) => {
  const { config, options, log } = setUp({ mode: 'offline', python: name });
  const said: string[] = [];
  // A wandb that cannot be imported comes before one that this machine may have.
  process.env.PYTHONPATH = join(import.meta.dirname, 'no-wandb');
  try {
    await bench(config, { ...options, onEvent: (event) => event.type === 'warning' && said.push(event.message) });
  } finally {
    delete process.env.PYTHONPATH;
  }
  const [first, last] = said.filter((text) => text.startsWith('log: wandb'));
  if (first === undefined) throw new Error(said.join('\n'));
  expect(first).toMatch(message);
  expect(last).toContain('lacks points of this run');
  expect(existsSync(join(options.runs, 'tiny/results.json'))).toBe(true);
  expect(existsSync(join(log, 'wandb'))).toBe(false);
});
