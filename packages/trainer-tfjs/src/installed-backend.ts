/** Finds the backends that `branchline backend install` has built, without loading them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { homeFolder } from '@branchline/core';
import { version_core } from '@tensorflow/tfjs-core';
import { z } from 'zod';

/** Version of TensorFlow.js in this process; a backend must be built from the sources of the same version. */
export const TFJS_VERSION: string = version_core;

/** System and processor architecture, e.g. `linux-x64`. */
export const PLATFORM = `${process.platform}-${process.arch}`;

/** Shared libraries of TensorFlow that a backend is linked against. */
export const TENSORFLOW_LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** File with the description of a backend, in its folder. */
export const RECORD_FILE = 'backend.json';

/** CommonJS module of a backend. It exports a function that registers the backend with the given TensorFlow.js. */
export const ENTRY_FILE = 'register.cjs';

const recordSchema = z.object({
  format: z.literal(1),
  backend: z.literal('tensorflow'),
  tfjs: z.string(),
  tensorflow: z.string(),
  /** Whether it was built for NVIDIA GPUs. Whether there is one shows when it is loaded. */
  cuda: z.boolean(),
  /** Version of the Node-API that the addon was compiled for. */
  napi: z.int(),
  platform: z.string(),
  /** Folder of TensorFlow's libraries: absolute, or below the backend's own folder. */
  libraries: z.string(),
});

/** Content of `RECORD_FILE`. */
export type BackendRecord = z.infer<typeof recordSchema>;

/** A backend in a folder. */
export interface InstalledBackend extends BackendRecord {
  readonly folder: string;
  /** Why this process cannot use it; absent if it can be tried. */
  readonly refusal?: string;
}

/** Folder of all backends: below `BRANCHLINE_HOME`, else in the user's data folder (XDG). */
export function backendsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(homeFolder(env), 'backends');
}

/** All backends in a folder: usable ones first, then those for GPUs, then newer ones. */
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

/** The backend in a folder; undefined if there is none. */
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
  if (tfjs !== TFJS_VERSION) return `it was built for TensorFlow.js ${tfjs}, and this is ${TFJS_VERSION}`;
  if (napi > Number(process.versions.napi)) {
    return `it needs Node-API ${napi}, and Node ${process.version} has ${process.versions.napi}`;
  }
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
