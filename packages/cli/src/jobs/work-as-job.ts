/** `branchline job`: makes one state on a node of a cluster. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runJob } from '@branchline/api/internal';
import type { JobInput } from '../experiment/job-start.js';
import { readExperiment } from '../experiment/read.js';
import { listenForInterrupt } from '../ui/interrupt.js';
import { Progress } from '../ui/progress.js';

/** Makes a state, with progress on standard error. A job whose time is up stores its state and is requeued. */
export async function workAsJob(run: string, state: string): Promise<void> {
  const progress = new Progress();
  let timeIsUp = false;
  const warned = () => {
    timeIsUp = true;
  };
  process.on('SIGUSR1', warned);
  const { signal, stop } = listenForInterrupt(() => progress.line('storing the state reached'));
  try {
    const read = async (input: unknown) => {
      const { directory, arguments: args } = input as JobInput;
      process.chdir(directory);
      const { experiment, ...options } = await readExperiment({ ...args, on: 'local' });
      const { reuseFromOtherProcessors } = args;
      return { experiment, options: { ...options, ...(args.runs && { runs: args.runs }), reuseFromOtherProcessors } };
    };
    await runJob({ run, state, read, signal, onEvent: progress.onEvent });
  } catch (error) {
    const id = process.env.SLURM_JOB_ID;
    if (timeIsUp && id !== undefined) await promisify(execFile)('scontrol', ['requeue', id]);
    throw error;
  } finally {
    stop();
    process.off('SIGUSR1', warned);
    progress.done();
  }
}
