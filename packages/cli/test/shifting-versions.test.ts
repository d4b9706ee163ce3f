/** Shifting versions: what is trained for them, and which text they use. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import { paperOf, type Reproduction, shiftingVersions } from '@branchline/reproductions';
import { expect, it } from 'vitest';
import { checkReproduction, planAll } from '../src/reproduce/bench.js';
import { branchline } from './bin.js';

const DOMAINS = ['prose', 'code', 'letters'];

/** Three folders with distinct letters, a megabyte in total. */
function writeDomains(directory: string): readonly string[] {
  return DOMAINS.map((domain, index) => {
    const path = join(directory, domain);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < 70; file++) {
      const line = (at: number) => String.fromCharCode(97 + 8 * index + ((file * 7 + at * at) % 8)).repeat(20);
      writeFileSync(
        join(path, `${file}.txt`),
        Array.from({ length: 230 }, (_, at) => `${file} ${line(at)}`).join('\n'),
      );
    }
    return path;
  });
}

const paperIn = (directory: string, size: 'quick' | 'full'): Promise<Reproduction> =>
  paperOf('shifting-versions', { size, sources: writeDomains(directory), runs: join(directory, 'runs') });

it('replay adds no cost, averages need only the main path, and branches cost the same as without a shift', async () => {
  const directory = folder();
  const checked = await checkReproduction(await paperIn(directory, 'quick'), { directory, seeds: 1 });
  const { 'strong-shift': plan } = await planAll(checked, 'experiments', join(directory, 'runs'));
  const { stepsOf, increment } = plan!;
  const versions = DOMAINS.length;
  const inIncrements = (name: string) => stepsOf[name]! / increment;
  expect(inIncrements('PTFS')).toBe(1 + 2 + 3);
  for (const ratio of shiftingVersions.RATIOS) {
    const name = ratio === 0 ? 'CPT' : `CPT, replay ${100 * ratio}%`;
    expect([name, inIncrements(name)]).toEqual([name, versions]);
  }
  for (const name of ['CPT, low constant', 'main path', 'main path, average, replay 25%']) {
    expect([name, inIncrements(name)]).toEqual([name, versions]);
  }
  expect(inIncrements('path switching, replay 25%')).toBe(versions + (versions - 1) * 0.6);
});

it('text of one domain is refused, and folders of the same name are distinct domains', async () => {
  const directory = folder();
  const [prose] = writeDomains(directory);
  const args = ['reproduce', 'shifting-versions', '--quick', '--list'];
  const one = await branchline(directory, ...args, '--data', 'prose');
  expect(one.code).toBe(2);
  expect(one.stderr).toMatch(/text of two kinds[\s\S]*--data books --data letters/);

  const runs = join(directory, 'runs');
  const twice = await paperOf('shifting-versions', { size: 'quick', sources: [prose!, prose!], runs });
  expect(twice.setting).toContain('in this order: prose, prose 2.');
});
