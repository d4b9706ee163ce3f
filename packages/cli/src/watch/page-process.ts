/**
 * The process of the page of `bench --watch`. A process of its own: drawing must not hold up the trainer, which runs in
 * the event loop of `bench`, and a failure here must not end it. It ends with its parent, however that ends, because
 * the channel between them closes.
 */
import { setPriority } from 'node:os';
import { BranchlineError, messageOf, type Problem } from '@branchline/core';
import { type WatchRunOptions, watchRun } from '@branchline/watch/server';

/** What the process says to its parent: the address of the page, what the user must change, or what else failed. */
export type PageMessage =
  | { readonly url: string }
  | { readonly problems: readonly Problem[] }
  | { readonly failure: string };

/** Niceness of the process: training comes first. */
const NICE = 10;

/** Serves the page of a run that its parent is about to begin. */
export async function servePage(run: string, options: WatchRunOptions): Promise<void> {
  const say = (message: PageMessage) => process.send?.(message);
  // Ctrl-C reaches all processes of a terminal; the parent decides when the page ends.
  for (const name of ['SIGINT', 'SIGHUP', 'SIGUSR1'] as const) process.on(name, () => undefined);
  try {
    setPriority(NICE);
  } catch {
    // Some systems refuse; the page works without.
  }
  const parentEnds = new Promise<void>((resolve) => {
    process.once('disconnect', resolve);
    if (!process.connected) resolve();
  });
  try {
    const server = await watchRun(run, options);
    say({ url: server.url });
    await parentEnds;
    await server.close();
  } catch (error) {
    const isRefused = error instanceof BranchlineError && error.code === 'config';
    say(isRefused ? { problems: error.problems } : { failure: messageOf(error) });
    process.exitCode = 1;
    if (process.connected) process.disconnect();
  }
}
