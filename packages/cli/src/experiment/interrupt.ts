import { EXIT } from '../exit-codes.js';

/**
 * Turns the first Ctrl-C (or SIGTERM) into an aborted signal, so that the run stops behind a whole step, and the second
 * into the end of the process. `stop` gives the keys back.
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
