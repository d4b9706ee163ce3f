/** An index of stored checkpoints by key and by root, for planning, compiling and cleaning up. */
import type { Digest } from '../json.js';
import type { Manifest } from '../store/manifest.js';

/** The parts of a manifest that the index needs. */
export type KeptCheckpoint = Pick<Manifest, 'key' | 'root' | 'steps'>;

/** Position of a state: steps since the root of its lineage. */
interface Place {
  readonly root: Digest;
  readonly steps: number;
}

/** Checkpoints that a run could use. */
export class CheckpointIndex<Checkpoint extends KeptCheckpoint = KeptCheckpoint> {
  readonly #byKey: ReadonlyMap<Digest, Checkpoint>;
  readonly #byRoot = new Map<Digest, Checkpoint[]>();

  constructor(checkpoints: readonly Checkpoint[]) {
    this.#byKey = new Map(checkpoints.map((checkpoint) => [checkpoint.key, checkpoint]));
    for (const checkpoint of checkpoints) {
      const list = this.#byRoot.get(checkpoint.root);
      if (list === undefined) this.#byRoot.set(checkpoint.root, [checkpoint]);
      else list.push(checkpoint);
    }
  }

  has(key: Digest): boolean {
    return this.#byKey.has(key);
  }

  get(key: Digest): Checkpoint | undefined {
    return this.#byKey.get(key);
  }

  /** Checkpoints with the same root whose step count is between those of two states of a path. */
  between(from: Pick<Place, 'steps'>, to: Place): readonly Checkpoint[] {
    return (this.#byRoot.get(to.root) ?? []).filter(({ steps }) => steps > from.steps && steps < to.steps);
  }
}
