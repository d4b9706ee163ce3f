/** The file `results.json` of a run directory. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@branchline/core';
import type { Results } from '../results/results.js';

/** Writes `results.json`, and knows whether results of a finished run are in it. */
export class ResultsFile {
  readonly #path: string;
  /** Keys of the releases in complete results; undefined if there are none. `null` before the file was read. */
  #complete: ReadonlySet<string> | undefined | null = null;

  /** `directory`: of the run; the file need not exist. */
  constructor(directory: string) {
    this.#path = join(directory, 'results.json');
  }

  /** Replaces the file. */
  async write(results: Results): Promise<void> {
    await writeFileAtomic(this.#path, `${JSON.stringify(results, null, 2)}\n`);
    this.#complete = keysOf(results);
  }

  /** Replaces the file, unless it has complete results with all of these releases. */
  async writePartial(results: Results): Promise<void> {
    if (this.#complete === null) this.#complete = keysOf(await this.#read());
    const known = this.#complete;
    const isKnown = results.strategies.every(({ releases }) => releases.every((of) => known?.has(of.checkpoint)));
    if (known === undefined || !isKnown) await this.write(results);
  }

  /** Anything unreadable counts as no results. */
  async #read(): Promise<unknown> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8'));
    } catch {
      return undefined;
    }
  }
}

/** The releases of complete results. Files of other versions of Branchline may have any content. */
function keysOf(results: unknown): ReadonlySet<string> | undefined {
  const { partial, strategies } = (results ?? {}) as Partial<Results>;
  if (partial !== undefined || !Array.isArray(strategies)) return undefined;
  const releases = (strategies as readonly Partial<Results['strategies'][number]>[]).flatMap(
    (of) => of?.releases ?? [],
  );
  return new Set(releases.map((release) => release?.checkpoint));
}
