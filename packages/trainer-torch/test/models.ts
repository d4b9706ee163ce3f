/** Checkpoints of several architectures, which transformers makes and reads. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { choosePython } from '../src/worker/start.js';

const SCRIPT = fileURLToPath(new URL('models.py', import.meta.url));

/** Runs a command of `models.py` and returns what it prints. */
export async function models(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error' };
  const { stdout } = await promisify(execFile)(choosePython(), [SCRIPT, ...args], { env });
  return stdout.trim();
}
