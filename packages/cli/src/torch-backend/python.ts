/** Chooses the Python that makes the environment of the torch trainer. */
import { BranchlineError } from '@branchline/core';
import { z } from 'zod';

/** Run by every Python. */
export const PROBE = 'import json, sys; print(json.dumps([sys.executable, list(sys.version_info[:2])]))';

/** PyTorch 2.11 and later have wheels from this minor version of Python 3 on. */
const LEAST_MINOR = 10;

const foundSchema = z.tuple([z.string(), z.tuple([z.int(), z.int()])]);

/** A Python that works. */
export interface FoundPython {
  readonly executable: string;
  /** Major and minor. */
  readonly version: readonly [number, number];
}

/** Parses the probe's output; undefined if the Python does not work. */
export function parseFound(output: string): FoundPython | undefined {
  try {
    const [executable, version] = foundSchema.parse(JSON.parse(output.trim().split('\n').at(-1) ?? ''));
    return { executable, version };
  } catch {
    return undefined;
  }
}

/** The first Python that is new enough. Throws a BranchlineError with a remedy if there is none. */
export function choosePython(found: readonly FoundPython[], named?: string): string {
  const fit = found.find(({ version: [major, minor] }) => major === 3 && minor >= LEAST_MINOR);
  if (fit !== undefined) return fit.executable;
  const [first] = found;
  const remedy = `Install Python 3.${LEAST_MINOR} or later with its module venv, or name one with --python <path>.`;
  if (first === undefined) {
    const message = named === undefined ? 'no Python was found (python3, python)' : `${named} is not a working Python`;
    throw new BranchlineError('config', { message, remedy });
  }
  const message = `Python ${first.version.join('.')} (${first.executable}) is too old for PyTorch`;
  throw new BranchlineError('config', { message, remedy });
}
