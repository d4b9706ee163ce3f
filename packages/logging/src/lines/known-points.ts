/** What a file has: the last step of every path, and the losses of releases. */
import type { LogPoint, LogTrack } from '@branchline/core';

export class KnownPoints {
  readonly #last = new Map<string, number>();
  readonly #releases = new Set<string>();

  step(track: string, step: number): void {
    this.#last.set(track, Math.max(step, this.#last.get(track) ?? 0));
  }

  release(track: string, version: number, loss: number): void {
    this.#releases.add(JSON.stringify([track, version, loss]));
  }

  add({ kind, name }: LogTrack, points: readonly LogPoint[]): void {
    for (const { step, values } of points) {
      if (kind === 'path') this.step(name, step);
      else this.release(name, step, values.loss!);
    }
  }

  lastStep({ name }: LogTrack): number | undefined {
    return this.#last.get(name);
  }

  hasRelease({ name }: LogTrack, { step, values }: LogPoint): boolean {
    return this.#releases.has(JSON.stringify([name, step, values.loss]));
  }
}
