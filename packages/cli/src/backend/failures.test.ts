import { describe, expect, it } from 'vitest';
import { describeFailure } from './failures.js';
import type { Step } from './plan.js';

/** The problem for a program that printed `output` and failed. */
const problem = (step: Step['name'], output: string, how = 'exit code 1', program = 'pip') =>
  describeFailure(step, { command: [program, 'x'], output, how, log: '/log' });

describe('describeFailure', () => {
  it.each<[Step['name'], string, string]>([
    [
      'fetch',
      'npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org failed',
      'the npm registry',
    ],
    ['fetch', 'npm error code ECONNREFUSED', 'the npm registry'],
    [
      'tensorflow',
      "WARNING: Retrying after connection broken by 'NewConnectionError(...)': /simple/tensorflow-cpu/\n" +
        'ERROR: Could not find a version that satisfies the requirement tensorflow-cpu (from versions: none)\n' +
        'ERROR: No matching distribution found for tensorflow-cpu',
      'PyPI',
    ],
  ])('recognizes an unreachable network: %s', (step, output, registry) => {
    const { message, remedy } = problem(step, output);
    expect(message).toMatch(new RegExp(`^${registry} cannot be reached\n`));
    expect(remedy).toContain('network');
  });

  it('recognizes a platform without a wheel', () => {
    const { message, remedy } = problem('tensorflow', 'ERROR: No matching distribution found for tensorflow-cpu\n');
    expect(message).toMatch(/^pip finds no tensorflow-cpu for this machine\n/);
    expect(remedy).toContain('glibc');
  });

  it('shows the last lines of a compile error, and the path of the full log', () => {
    const lines = Array.from({ length: 40 }, (_, i) => `tfjs_backend.cc:${i + 1}: error: line ${i + 1}`);
    const { message, remedy } = problem('compile', `${lines.join('\n')}\n\n`, 'exit code 1', 'g++');
    expect(message.split('\n')[0]).toBe('the addon does not compile against this TensorFlow (g++: exit code 1)');
    expect(message).toContain('error: line 40');
    expect(message).toContain('error: line 29');
    expect(message).not.toContain('error: line 28');
    expect(remedy).toContain('/log');
  });

  it('recognizes a full disk in every step', () => {
    for (const step of ['fetch', 'tensorflow', 'compile'] as const) {
      expect(problem(step, 'OSError: [Errno 28] No space left on device').message).toMatch(/^the disk is full/);
    }
  });

  it('recognizes a missing program and an unsupported processor', () => {
    expect(problem('fetch', '', 'ENOENT', 'tar').message).toBe('tar was not found');
    expect(problem('check', '', 'SIGILL').message).toMatch(/instructions that this processor does not have/);
    expect(problem('check', 'Error: boom').message).toMatch(/^it was installed, but does not work .*\nError: boom$/);
  });
});
