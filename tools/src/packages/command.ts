import { execFile } from 'node:child_process';

/** How a command ended. */
export interface Ended {
  /** The exit code; undefined if it ran past the time limit or could not be started. */
  readonly code: number | undefined;
  /** Standard output. */
  readonly output: string;
  /** Both outputs, and why it did not start. */
  readonly all: string;
}

/** Runs a command, for at most ten minutes. It never rejects. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: 600_000, maxBuffer: 64 * 2 ** 20 };
  return new Promise((resolve) => {
    execFile(command, args, options, (error, output, errors) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      const reason = code === undefined ? `${error!.message}\n` : '';
      resolve({ code, output, all: `${reason}${output}${errors}` });
    });
  });
}

/** Works on all items, two at a time. */
export async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([lane(), lane()]);
}
