import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestJson } from '../json.js';
import type { EvaluationResult } from '../trainer/trainer.js';
import { writeFileAtomic } from './durable.js';

/** Evaluations that were done, by checkpoint and evaluation set. One that cannot be read is done again. */
export class EvaluationStore {
  private constructor(private readonly directory: string) {}

  static async open(directory: string): Promise<EvaluationStore> {
    await mkdir(directory, { recursive: true });
    return new EvaluationStore(directory);
  }

  async read(checkpoint: Digest, set: Digest): Promise<readonly EvaluationResult[] | undefined> {
    try {
      const file = JSON.parse(await readFile(this.#path(checkpoint, set), 'utf8')) as {
        digest: Digest;
        results: readonly EvaluationResult[];
      };
      return file.digest === digestResults(file.results) ? file.results : undefined;
    } catch {
      return undefined;
    }
  }

  async write(checkpoint: Digest, set: Digest, results: readonly EvaluationResult[]): Promise<void> {
    const content = { digest: digestResults(results), results };
    await writeFileAtomic(this.#path(checkpoint, set), `${JSON.stringify(content)}\n`);
  }

  #path(checkpoint: Digest, set: Digest): string {
    return join(this.directory, `${checkpoint}-${set.slice(0, 16)}.json`);
  }
}

const digestResults = (results: readonly EvaluationResult[]): Digest =>
  digestJson(results.map((result) => ({ ...result })));
