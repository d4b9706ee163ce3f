import { describe, expect, it } from 'vitest';
import { OLMO_CORE, TORCH } from '../backend/environments.js';
import { type Build, CPU_INDEX, chooseBuild, planTorchSteps } from './plan.js';
import { choosePython, parseFound } from './python.js';

const pip = (build: Build, kind = TORCH) =>
  planTorchSteps({ folder: '/b', python: '/python3', build, kind })
    .flatMap(({ commands }) => commands.map((words) => words.join(' ')))
    .filter((line) => line.includes('torch>=') || line.includes('requires('));

describe('the build of PyTorch', () => {
  it('has CUDA for a GPU, else comes from the index without CUDA, else from PyPI', () => {
    const build = (platform: NodeJS.Platform, gpu: boolean, indexAnswers: boolean) =>
      chooseBuild({ platform, gpu, indexAnswers });
    expect(build('linux', true, true)).toBe('cuda');
    expect(build('linux', false, true)).toBe('cpu');
    expect(build('linux', false, false)).toBe('cpu-from-pypi');
    expect(build('darwin', false, true)).toBe('plain');
  });

  it('is what pip installs', () => {
    expect(pip('cuda')).toEqual([expect.stringMatching(/^\/b\/bin\/python -m pip install .* torch>=2\.11$/)]);
    expect(pip('cpu')[0]).toContain(`--index-url ${CPU_INDEX}`);
    const [torch, others] = pip('cpu-from-pypi');
    expect(torch).toContain('--no-deps torch>=2.11');
    expect(others).toContain("not in ('triton', 'cuda-bindings')");
    expect(pip('cuda', OLMO_CORE)[0]).toMatch(/ torch>=2\.11,<2\.14$/);
  });
});

describe('the Python of the environment', () => {
  it('is the first that is new enough', () => {
    const old = parseFound('["/a", [3, 9]]')!;
    const fit = parseFound('something that a module prints\n["/b", [3, 12]]\n')!;
    expect(choosePython([old, fit])).toBe('/b');
    expect(() => choosePython([old])).toThrow(/Python 3\.9 \(\/a\) is too old/);
    expect(() => choosePython([])).toThrow(/no Python was found/);
    expect(() => choosePython([], '/c')).toThrow(/\/c is not a working Python/);
    expect(parseFound('')).toBeUndefined();
  });
});
