import { describe, expect, it } from 'vitest';
import { slurmOptionsSchema } from './options.js';
import { jobsIn } from './queue.js';

describe('the lines of squeue', () => {
  const lines = [
    '101|R|bl-a-one|n1|None',
    '102|PD|bl-a-two||(Dependency)',
    '103|CG|bl-a-three|n2|None',
    '104|PD|bl-b-one||Resources',
    '105|PD|other|with|pipes||x',
    '106|RH|bl-a-four||launch failed requeued held',
    '',
  ].join('\n');

  it('are the jobs of one run, by name: running with their node, pending with a reason', () => {
    expect([...jobsIn(lines, 'bl-a-')]).toEqual([
      ['bl-a-one', { id: '101', state: 'running', where: 'n1' }],
      ['bl-a-two', { id: '102', state: 'pending', reason: '(Dependency)' }],
      // Its process has ended; the queue still cleans up.
      ['bl-a-three', { id: '103', state: 'running', where: 'n2' }],
      ['bl-a-four', { id: '106', state: 'pending', reason: 'launch failed requeued held' }],
    ]);
    expect(jobsIn('', 'bl-a-').size).toBe(0);
  });
});

describe('options', () => {
  it('have defaults, and take times as Slurm writes them', () => {
    expect(slurmOptionsSchema.parse({})).toEqual({ setup: [], sbatch: [], jobs: 200, pollSeconds: 15 });
    for (const time of ['90', '04:00:00', '90:30', '2-0', '2-12:30:00']) {
      expect(slurmOptionsSchema.parse({ time })).toMatchObject({ time });
    }
    for (const time of ['soon', '4h', '1:2:3:4']) expect(slurmOptionsSchema.safeParse({ time }).success).toBe(false);
  });
});
