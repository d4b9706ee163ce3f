/** `watch`: the live page of a run, until Ctrl-C. */
import { stateReader, watchRun } from '@branchline/watch/server';
import { listenForInterrupt } from '../ui/interrupt.js';
import { hasDisplay, openInBrowser } from '../ui/open-browser.js';
import { addressText } from './address.js';
import { checkPort } from './port.js';

/** Arguments of `watch`. */
export interface WatchArguments {
  readonly run: string;
  readonly port?: number;
  readonly open: boolean;
  readonly json: boolean;
}

/** Serves the page until the first Ctrl-C. With `json`, prints the state once instead. */
export async function watchInBrowser({ run, port, open, json }: WatchArguments): Promise<void> {
  checkPort(port);
  if (json) {
    const state = await stateReader(run)();
    process.stdout.write(`${JSON.stringify(state, null, 2)}\n`);
    return;
  }
  const server = await watchRun(run, { port });
  const { signal, stop } = listenForInterrupt(() => undefined);
  try {
    process.stdout.write(`${addressText(server.url)}\nCtrl-C ends the page, not the run.\n`);
    if (open && hasDisplay()) openInBrowser(server.url);
    else if (open) process.stderr.write('there is no display here; open the address above in a browser\n');
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
  } finally {
    await server.close();
    stop();
  }
}
