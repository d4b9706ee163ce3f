/** Versions of what the engines are made of: packages of npm, providers of ONNX Runtime, Python. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from '@branchline/core';
import { ask } from './probe.js';

/** A package of npm. */
export interface Package {
  readonly name: string;
  /** Null where it is not installed. */
  readonly version: string | null;
  /** What it is good for. */
  readonly use: string;
  /** Without it, other engines still work. */
  readonly optional: boolean;
}

/** Providers of ONNX Runtime, or why they are not known. */
export interface Providers {
  readonly bundled: readonly string[];
  /** Known to it, but their libraries must be found on the machine. */
  readonly others: readonly string[];
  readonly silence: string | null;
}

/** A Python on PATH with the libraries that matter here. */
export interface Python {
  readonly program: string;
  readonly version: string;
  /** Versions by name; null where one is not installed. */
  readonly libraries: Readonly<Record<string, string | null>>;
}

const PACKAGES: readonly (readonly [name: string, use: string, optional?: 'optional'])[] = [
  ['onnxruntime-node', 'the jit engine'],
  ['@tensorflow/tfjs-core', 'the model'],
  ['@tensorflow/tfjs-backend-wasm', 'the eager engine'],
  ['@tensorflow/tfjs-backend-cpu', 'the eager engine, to compare with'],
  ['@tensorflow/tfjs-node-gpu', 'the eager engine on CUDA', 'optional'],
  ['@tensorflow/tfjs-node', 'the eager engine on TensorFlow', 'optional'],
];

/** Versions of the packages, as the trainer would find them. */
export function listPackages(): readonly Package[] {
  const { resolve } = createRequire(import.meta.resolve('@branchline/trainer-tfjs'));
  return PACKAGES.map(([name, use, optional]) => ({
    name,
    version: versionIn(resolve.paths(name) ?? [], name),
    use,
    optional: optional !== undefined,
  }));
}

function versionIn(directories: readonly string[], name: string): string | null {
  for (const directory of directories) {
    const path = join(directory, name, 'package.json');
    if (existsSync(path)) return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  }
  return null;
}

/** What ONNX Runtime can compute with. */
export async function listProviders(): Promise<Providers> {
  try {
    const { onnxRuntimeProviders } = await import('@branchline/trainer-tfjs');
    const providers = await onnxRuntimeProviders();
    const names = (bundled: boolean) => providers.filter((one) => one.bundled === bundled).map(({ name }) => name);
    return { bundled: names(true), others: names(false), silence: null };
  } catch (error) {
    return { bundled: [], others: [], silence: messageOf(error).split('\n')[0]! };
  }
}

/** Asks for versions without importing anything: that would take seconds, and memory of a GPU. */
const SCRIPT = `
import json, platform
from importlib.metadata import version, PackageNotFoundError
def of(*names):
    for name in names:
        try: return version(name)
        except PackageNotFoundError: pass
print(json.dumps({"version": platform.python_version(), "libraries": {
    "torch": of("torch"), "tensorflow": of("tensorflow", "tensorflow-cpu", "tensorflow-intel")}}))
`;

/** The first Python on PATH; null where there is none. */
export async function findPython(): Promise<Python | null> {
  for (const program of ['python3', 'python']) {
    const answer = await ask(program, '-c', SCRIPT);
    if ('output' in answer) return { program, ...(JSON.parse(answer.output) as Omit<Python, 'program'>) };
  }
  return null;
}
