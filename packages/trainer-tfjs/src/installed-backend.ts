/** Where `branchline backend install` puts TensorFlow's backend, and what lies there. Loads nothing of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { version_core } from '@tensorflow/tfjs-core';
import { z } from 'zod';

/** The version of TensorFlow.js that runs here; a backend must be built from its sources. */
export const TFJS_VERSION: string = version_core;

/** System and processor, as a backend is built for them, e.g. `linux-x64`. */
export const PLATFORM = `${process.platform}-${process.arch}`;

/** The shared libraries of a TensorFlow that a backend is linked against. */
export const TENSORFLOW_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** What a backend says of itself, beside its files. */
export const RECORD_FILE = 'backend.json';

/** CommonJS module of a backend: a function that takes TensorFlow.js and registers the backend with it. */
export const ENTRY_FILE = 'register.cjs';

const recordSchema = z.object({
  format: z.literal(1),
  backend: z.literal('tensorflow'),
  tfjs: z.string(),
  tensorflow: z.string(),
  /** Built for NVIDIA GPUs; whether there is one is seen when it is loaded. */
  cuda: z.boolean(),
  /** Version of the Node-API that the addon was compiled for. */
  napi: z.int(),
  platform: z.string(),
  /** Folder of TensorFlow's libraries: absolute, or below the backend's own folder. */
  libraries: z.string(),
});

/** The content of `RECORD_FILE`. */
export type BackendRecord = z.infer<typeof recordSchema>;

/** A backend that lies in a folder. */
export interface InstalledBackend extends BackendRecord {
  readonly folder: string;
  /** Why this process cannot use it; absent when nothing speaks against it. */
  readonly refusal?: string;
}

/** The folder of all backends: below `BRANCHLINE_HOME`, else where the user's programs keep their data (XDG). */
export function backendsFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.BRANCHLINE_HOME) return resolve(env.BRANCHLINE_HOME, 'backends');
  // A relative path must be ignored, says the specification.
  const data =
    env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME) ? env.XDG_DATA_HOME : join(homedir(), '.local', 'share');
  return join(data, 'branchline', 'backends');
}

/** All backends in a folder: usable ones before others, those for GPUs before those for CPUs, newer before older. */
export function installedBackends(folder: string = backendsFolder()): readonly InstalledBackend[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
  const found = names.sort().flatMap((name) => readBackend(join(folder, name)) ?? []);
  return found.sort(
    (a, b) =>
      Number(a.refusal !== undefined) - Number(b.refusal !== undefined) ||
      Number(b.cuda) - Number(a.cuda) ||
      compareVersions(b.tensorflow, a.tensorflow),
  );
}

/** The backend in a folder; undefined where there is none. */
function readBackend(folder: string): InstalledBackend | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, RECORD_FILE), 'utf8');
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const record = { ...parsed.data, libraries: resolve(folder, parsed.data.libraries) };
  const refusal = refusalOf(record);
  return { ...record, folder, ...(refusal !== undefined && { refusal }) };
}

function refusalOf({ platform, tfjs, napi, libraries }: BackendRecord): string | undefined {
  if (platform !== PLATFORM) return `it was built for ${platform}, and this is ${PLATFORM}`;
  if (tfjs !== TFJS_VERSION) return `it belongs to TensorFlow.js ${tfjs}, and ${TFJS_VERSION} runs here`;
  if (napi > Number(process.versions.napi)) return `it needs Node-API ${napi}, and Node ${process.version} has less`;
  const missing = TENSORFLOW_LIBRARIES.find((name) => !existsSync(join(libraries, name)));
  return missing && `${missing} is no longer in ${libraries}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Negative when `a` is older. */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
