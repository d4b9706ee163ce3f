import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { StepMetrics } from '../trainer/trainer.js';
import { writeFileAtomic } from './durable.js';

/** The metrics of one trained stretch. */
interface StretchMetrics {
  readonly from: Digest;
  readonly loss: readonly number[];
  readonly gradNorm: readonly number[];
}

/** Losses of every step that was trained, one small file per stretch, under the key of the state it led to. */
export class MetricsStore {
  private constructor(private readonly directory: string) {}

  static async open(directory: string): Promise<MetricsStore> {
    await mkdir(directory, { recursive: true });
    return new MetricsStore(directory);
  }

  async write(to: Digest, from: Digest, steps: readonly StepMetrics[]): Promise<void> {
    const metrics: StretchMetrics = {
      from,
      loss: steps.map(({ loss }) => loss),
      gradNorm: steps.map(({ gradNorm }) => gradNorm),
    };
    await writeFileAtomic(join(this.directory, `${to}.json`), `${JSON.stringify(metrics)}\n`);
  }

  /** Losses of the steps of a segment, in order; shorter at the front where files are missing. */
  async lossOf(segment: Segment): Promise<readonly number[]> {
    let losses: number[] = [];
    let key = segment.to.key;
    while (losses.length < segment.steps) {
      const metrics = await this.#read(key);
      if (metrics === undefined) break;
      losses = [...metrics.loss, ...losses];
      key = metrics.from;
    }
    return losses.slice(-segment.steps);
  }

  async #read(key: Digest): Promise<StretchMetrics | undefined> {
    try {
      return JSON.parse(await readFile(join(this.directory, `${key}.json`), 'utf8')) as StretchMetrics;
    } catch {
      // Curves are for looking at: a missing file leaves a gap, and nothing else depends on it.
      return undefined;
    }
  }
}
