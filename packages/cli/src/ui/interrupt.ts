import { abandonLocks } from '@branchline/core';
import { EXIT } from '../exit-codes.js';

/**
 * Signals that stop like Ctrl-C: of the terminal, of `kill`, of a closed terminal, and of a scheduler that warns a job
 * before its time is up (Slurm's `--signal=USR1@120`).
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1'] as const;

/**
 * The first signal aborts, so that the run stops after the current step; the second ends the process. `stop` removes
 * the handlers.
 */
export function listenForInterrupt(onFirst: () => void): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) {
      abandonLocks();
      process.exit(EXIT.interrupted);
    }
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  const stop = () => {
    for (const name of SIGNALS) process.off(name, interrupt);
  };
  return { signal: controller.signal, stop };
}
