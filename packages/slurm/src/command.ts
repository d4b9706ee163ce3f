import { spawn } from 'node:child_process';

/** How a program ended. */
export interface Ended {
  /** Exit code; undefined if the program is not there. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Slurm answers within seconds, or says that its controller does not. */
const TIMEOUT_MS = 120_000;

/** Printed by a program that would try again for minutes. */
const RETRYING = /sleeping and retrying/;

/** Runs a program of Slurm with its input, and waits for its end; ends one that only waits for the controller. */
export function runProgram(program: string, args: readonly string[], input = ''): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    // The timeout of spawn itself would keep this process for two minutes if the program is not there.
    const timer = setTimeout(() => child.kill(), TIMEOUT_MS);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (RETRYING.test(stderr)) child.kill();
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code === 'ENOENT') resolve({ code: undefined, stdout, stderr });
      else reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const ended = signal === null || RETRYING.test(stderr) ? '' : `ended by ${signal}`;
      resolve({ code: code ?? 1, stdout, stderr: stderr + ended });
    });
    // A program that ends without reading closes the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
