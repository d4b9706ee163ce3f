/** `results.json` of a run directory, read again when it changed. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Results } from '@branchline/evaluation';

/** Follows `results.json`. A file that cannot be used counts as missing. */
export class ResultsView {
  readonly #path: string;
  #known = '';
  results: Results | undefined;

  constructor(directory: string) {
    this.#path = join(directory, 'results.json');
  }

  async read(): Promise<void> {
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined);
    const now = found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs}`;
    if (now === this.#known) return;
    this.#known = now;
    this.results = undefined;
    if (found === undefined) return;
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    this.results = await soundResults(parsed(text));
  }
}

/** Results, if this version knows them; otherwise undefined. */
export async function soundResults(json: unknown): Promise<Results | undefined> {
  // Imported lazily: the package also renders the report.
  const { parseResults } = await import('@branchline/report');
  try {
    return parseResults(json);
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
