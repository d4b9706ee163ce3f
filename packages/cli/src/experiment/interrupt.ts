import { EXIT } from '../exit-codes.js';

/**
 * The first Ctrl-C (or SIGTERM) aborts the signal, so that the run stops after the current step; the second ends the
 * process. `stop` removes the handlers.
 */
export function listenForInterrupt(onFirst: () => void): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    onFirst();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const stop = () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  };
  return { signal: controller.signal, stop };
}
