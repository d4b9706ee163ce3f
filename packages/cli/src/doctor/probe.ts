import { execFile } from 'node:child_process';

/** What a program printed, or why nothing is known from it. */
export type Answer = { readonly output: string } | { readonly silence: string };

/** A program that takes longer than this, in milliseconds, is ended: a broken driver must not hold up the doctor. */
const PATIENCE = 10_000;

/** Runs a program that only looks at something. Never rejects. */
export function ask(program: string, ...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PATIENCE, windowsHide: true }, (error, stdout, stderr) => {
      if (error === null) return resolve({ output: stdout });
      if (error.code === ('ENOENT' as unknown)) return resolve({ silence: `${program} is not on PATH` });
      if (error.killed) return resolve({ silence: `${program} did not answer within ${PATIENCE / 1000} s` });
      const [reason = ''] = (stderr.trim() || stdout.trim()).split('\n');
      resolve({ silence: `${program} failed${reason === '' ? '' : `: ${reason}`}` });
    });
  });
}
