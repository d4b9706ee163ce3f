import { execFile } from 'node:child_process';

/** Output of a program, or why there is none. */
export type Answer = { readonly output: string } | { readonly silence: string };

/** Timeout in milliseconds: a broken driver must not block the doctor. */
const TIMEOUT_MS = 10_000;

/** Runs a program that only inspects the system. Never rejects. */
export function runProbe(program: string, ...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout, stderr) => {
      if (error === null) return resolve({ output: stdout });
      if (error.code === ('ENOENT' as unknown)) return resolve({ silence: `${program} is not on PATH` });
      if (error.killed) return resolve({ silence: `${program} did not answer within ${TIMEOUT_MS / 1000} s` });
      const [reason = ''] = (stderr.trim() || stdout.trim()).split('\n');
      resolve({ silence: `${program} failed${reason === '' ? '' : `: ${reason}`}` });
    });
  });
}
