/** Event files of a run as TensorBoard's own library reads them. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bench, continual, type ExperimentConfig, pathSwitching, quadratic, tensorboard } from '../src/index.js';
import { folder, TINY, writeTexts } from './corpus.js';
import { programFor } from './logger-python.js';

const python = programFor('event files as TensorBoard reads them', 'python');

/** Steps and values of the losses of every folder with event files. */
const READ = `
import json, os, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
tracks = {}
for folder, _, files in os.walk(sys.argv[1]):
    if any('tfevents' in name for name in files):
        events = EventAccumulator(folder, size_guidance={'scalars': 0}).Reload()
        tracks[os.path.relpath(folder, sys.argv[1])] = {
            tag: [[event.step, event.value] for event in events.Scalars(tag)] for tag in events.Tags()['scalars']
        }
print(json.dumps(tracks))
`;

type Tracks = Readonly<Record<string, Readonly<Record<string, readonly (readonly [number, number])[]>>>>;

const read = (logdir: string) =>
  JSON.parse(execFileSync(python!, ['-c', READ, logdir], { encoding: 'utf8', stdio: 'pipe' })) as Tracks;

it.skipIf(python === undefined)('TensorBoard reads one history over forks, also after a torn write', async () => {
  const directory = folder();
  writeTexts(directory);
  const experiment: ExperimentConfig = {
    ...TINY,
    trainer: quadratic(),
    strategies: { continual: [continual()], switching: [pathSwitching({ alpha: 0.5 })] },
    log: tensorboard({ directory: 'logdir' }),
  };
  const options = { runs: join(directory, 'runs'), directory, name: 'tiny' };
  const losses: number[] = [];
  const { results } = await bench(experiment, {
    ...options,
    onEvent: (event) => event.type === 'step' && losses.push(event.loss),
  });
  const tracks = read(join(directory, 'logdir'));
  const points = Object.values(tracks).flatMap((tags) => tags['train/loss'] ?? []);
  expect(points).toHaveLength(results.actual.steps);
  expect(points.map(([, value]) => value).sort()).toEqual(losses.map(Math.fround).sort());
  const [first] = tracks['switching/seed-1/v2-branch']!['train/loss']!;
  expect(tracks['switching/seed-1/v2-main']!['train/loss']!.map(([step]) => step)).toContain(first![0] - 1);
  expect(tracks['switching/seed-1/releases']!['release/loss']!.map(([step]) => step)).toEqual([1, 2, 3]);

  const branch = join(directory, 'logdir', 'switching', 'seed-1', 'v2-branch');
  appendFileSync(join(branch, readdirSync(branch)[0]!), Buffer.from([9, 0, 0, 0, 0, 0]));
  await bench(experiment, options);
  expect(read(join(directory, 'logdir'))).toEqual(tracks);
});
