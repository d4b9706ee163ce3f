import { folder } from '@branchline/api/test/corpus.js';
import { expect, it } from 'vitest';
import { branchline } from './bin.js';

interface Engine {
  name: string;
  works: boolean;
  auto: boolean;
  refusal: string | null;
  remedy: string | null;
}

it('doctor reports every engine on any machine, and the choice of auto', async () => {
  const directory = folder();
  const { code, stdout } = await branchline(directory, 'doctor', '--json');
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as {
    engines: Engine[];
    torch: Engine;
    olmoCore: Engine;
    auto: { engine: string; why: string };
    missing: object[];
  };
  expect(report).toMatchObject({
    machine: { node: process.versions.node, threads: expect.any(Number) as number },
    measured: null,
  });
  expect(report.engines.map(({ name }) => name)).toEqual(expect.arrayContaining(['jit on CPU', 'eager on wasm']));
  const all = [...report.engines, report.torch, report.olmoCore];
  for (const { works, refusal, remedy } of all) {
    expect(refusal === null).toBe(works);
    if (!works) expect(remedy).toBeTruthy();
  }
  const taken = report.engines.filter(({ auto }) => auto);
  expect(taken.map(({ name, works }) => [name, works])).toEqual([[report.auto.engine, true]]);
  expect(report.missing).toHaveLength(all.filter(({ works }) => !works).length);
});

it('doctor prints a readable report', async () => {
  const { code, stdout, stderr } = await branchline(folder(), 'doctor');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^auto takes .+: it is the first/m);
  expect(stdout).toContain('taken by auto');
  expect(stdout).toMatch(/trainer: torch {2}(works|refused)/);
  // Drivers may print too.
  expect(stderr).toContain('trying every engine\n');
  const help = await branchline(folder(), 'doctor', '--help');
  expect(help.stdout).toContain('branchline doctor --measure');
});
