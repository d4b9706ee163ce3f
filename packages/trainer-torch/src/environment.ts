/** Finds the Python environment that `branchline backend install torch` has made, without running it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeFolder } from '@branchline/core';
import { z } from 'zod';

/** File with the description of the environment, in its folder. */
export const RECORD_FILE = 'backend.json';

const recordSchema = z.object({
  format: z.literal(1),
  backend: z.literal('torch'),
  torch: z.string(),
  transformers: z.string(),
  /** Version of Python. */
  python: z.string(),
  /** Whether PyTorch can compute on NVIDIA GPUs. Whether there is one shows when it is loaded. */
  cuda: z.boolean(),
});

/** Content of `RECORD_FILE`. */
export type TorchRecord = z.infer<typeof recordSchema>;

/** An environment in a folder. */
export interface TorchEnvironment extends TorchRecord {
  readonly folder: string;
}

/** The folder of the environment: there is one for each user. */
export function environmentFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(homeFolder(env), 'torch');
}

/** The environment in a folder; undefined if there is none that is complete. */
export function findEnvironment(folder: string = environmentFolder()): TorchEnvironment | undefined {
  try {
    const record = recordSchema.parse(JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')));
    return existsSync(pythonIn(folder)) ? { ...record, folder } : undefined;
  } catch {
    return undefined;
  }
}

/** The Python of an environment. */
export function pythonIn(folder: string): string {
  return process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
}
