import { BranchlineError } from '../errors.js';
import type { RunGraph } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import type { PlannedPath, PlannedVersion, Point } from '../path/path.js';
import type { OpenFork } from './expand.js';
import { teachersOf } from './objectives.js';

/**
 * The states that a reactive strategy's training passed when losses were measured. What is decided from these losses
 * can only use those that are stored: the others would have to be trained a second time.
 */
export class PassedStates {
  /** States whose losses were measured, by version. */
  readonly #measured = new Map<number, Point[]>();
  readonly #stored = new Set<Digest>();

  constructor(private readonly graph: RunGraph) {}

  /** Training passes on to the state of a fork that waits. Returns the needed states before it, which are stored. */
  pass({ version, point, needed }: OpenFork): readonly Point[] {
    this.#measured.set(version, [...(this.#measured.get(version) ?? []), point]);
    const before = needed.filter((state) => this.#isBefore(state, point));
    for (const state of [...before, point]) this.#stored.add(this.graph.keyOf(state));
    return before;
  }

  /** Throws a `plan` error if a branch leaves, or an average takes, a state that training passed without storing it. */
  check(strategy: string, versions: readonly PlannedVersion[], open: OpenFork | undefined): void {
    if (this.#measured.size === 0) return;
    for (const { release, captures, version, main, forks } of versions) {
      this.#assertForks(strategy, version, forks);
      this.#assertTeachers(strategy, [main, ...forks]);
      this.#assertAverage(strategy, release);
      // Later versions can start from these.
      for (const state of [release.point, ...captures]) this.#stored.add(this.graph.keyOf(state));
    }
    if (open === undefined) return;
    const own = open.paths.filter(({ version, name }) => version === open.version && name !== 'main');
    this.#assertForks(strategy, open.version, own);
    this.#assertTeachers(strategy, own);
  }

  #assertForks(strategy: string, version: number, forks: readonly PlannedPath[]): void {
    for (const { name, lineage, begin } of forks) {
      const { root } = lineage;
      const leaves = begin === 0 && root.kind === 'reset' ? root.of : { lineage, steps: begin };
      const measured = this.#passedOn(version, leaves);
      if (measured === undefined) continue;
      const back = measured.steps - leaves.steps;
      throw new BranchlineError('plan', {
        ...{ strategy, version, path: name },
        message: `leaves ${back} steps before a state whose losses were measured, so that steps would be trained twice`,
        remedy: 'Measure where it may leave, losses({ at }), or leave at a measured state or later.',
      });
    }
  }

  #assertTeachers(strategy: string, paths: readonly PlannedPath[]): void {
    for (const path of paths) {
      const { version, name } = path;
      for (const state of teachersOf(path, this.graph.basis.batch)) {
        const measured = this.#passedOn(version, state);
        if (measured === undefined) continue;
        const back = measured.steps - state.steps;
        throw new BranchlineError('plan', {
          ...{ strategy, version, path: name },
          message: `learns from a state ${back} steps before one whose losses were measured, so that steps would be trained twice`,
          remedy: 'Learn from a state that is stored: a release, the end of a path, or a measured state.',
        });
      }
    }
  }

  #assertAverage(strategy: string, { version, path, point }: PlannedVersion['release']): void {
    const { root } = point.lineage;
    if (point.steps > 0 || root.kind !== 'derived') return;
    for (const { point: part } of root.parts) {
      const measured = this.#passedOn(version, part);
      if (measured === undefined) continue;
      const back = measured.steps - part.steps;
      throw new BranchlineError('plan', {
        ...{ strategy, version, path },
        message: `averages a state ${back} steps before one whose losses were measured, so that steps would be trained twice`,
        remedy: 'Average fewer checkpoints, closer together, or measure at their states.',
      });
    }
  }

  /** The first measured state behind a state that is not stored. */
  #passedOn(version: number, state: Point): Point | undefined {
    const { root } = state.lineage;
    // Fresh weights and averages are not trained.
    if (state.steps === 0 && root.kind !== 'reset') return undefined;
    if (this.#stored.has(this.graph.keyOf(state))) return undefined;
    return this.#measured.get(version)?.find((measured) => this.#isBefore(state, measured));
  }

  /** Whether training passes a state on its way to another one. */
  #isBefore(state: Point, later: Point): boolean {
    const { graph } = this;
    const { lineage, steps } = later;
    if (state.steps < steps && graph.keyOf({ lineage, steps: state.steps }) === graph.keyOf(state)) return true;
    const { root } = lineage;
    if (root.kind === 'reset') return this.#isBefore(state, root.of);
    return root.kind === 'derived' && root.parts.some(({ point }) => this.#isBefore(state, point));
  }
}
