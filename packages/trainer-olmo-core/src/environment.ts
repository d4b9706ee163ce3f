/** Finds the Python environment that `branchline backend install olmo-core` has made, without running it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { homeFolder } from '@branchline/core';
import { pythonIn, RECORD_FILE } from '@branchline/trainer-torch';
import { z } from 'zod';

const recordSchema = z.object({
  format: z.literal(1),
  backend: z.literal('olmo-core'),
  torch: z.string(),
  olmoCore: z.string(),
  /** Version of Python. */
  python: z.string(),
  /** Whether PyTorch can compute on NVIDIA GPUs. Whether there is one shows when it is loaded. */
  cuda: z.boolean(),
});

/** What the environment has, as its folder describes it. */
export type OlmoCoreRecord = z.infer<typeof recordSchema>;

/** An environment in a folder. */
export interface OlmoCoreEnvironment extends OlmoCoreRecord {
  readonly folder: string;
}

/** The folder of the environment: there is one for each user, apart from that of torch, which can be newer. */
export function olmoCoreFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(homeFolder(env), 'olmo-core');
}

/** The environment in a folder; undefined if there is none that is complete. */
export function findOlmoCore(folder: string = olmoCoreFolder()): OlmoCoreEnvironment | undefined {
  try {
    const record = recordSchema.parse(JSON.parse(readFileSync(join(folder, RECORD_FILE), 'utf8')));
    return existsSync(pythonIn(folder)) ? { ...record, folder } : undefined;
  } catch {
    return undefined;
  }
}
