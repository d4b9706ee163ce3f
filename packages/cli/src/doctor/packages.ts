/** Versions of the libraries behind the engines: npm packages, providers of ONNX Runtime, Python. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from '@branchline/core';
import { runProbe } from './probe.js';

/** An npm package. */
export interface Package {
  readonly name: string;
  /** Null if it is not installed. */
  readonly version: string | null;
  /** What it is used for. */
  readonly use: string;
  /** Other engines work without it. */
  readonly optional: boolean;
}

/** Providers of ONNX Runtime, or why they are unknown. */
export interface Providers {
  readonly bundled: readonly string[];
  /** Supported, but their libraries must be installed on the machine. */
  readonly others: readonly string[];
  readonly silence: string | null;
}

/** A Python on PATH with its relevant libraries. */
export interface Python {
  readonly program: string;
  readonly version: string;
  /** Versions by name; null if not installed. */
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

/** Versions of the packages, resolved from the trainer. */
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

/** The providers of ONNX Runtime. */
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

/** Reads versions without imports, which would take seconds and GPU memory. */
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

/** The first Python on PATH; null if there is none. */
export async function findPython(): Promise<Python | null> {
  for (const program of ['python3', 'python']) {
    const answer = await runProbe(program, '-c', SCRIPT);
    if ('output' in answer) return { program, ...(JSON.parse(answer.output) as Omit<Python, 'program'>) };
  }
  return null;
}
