import {
  type EvaluationResult,
  type ExperimentPlan,
  type GraphNode,
  inject,
  injectable,
  type PlannedRelease,
  RunEmitter,
} from '@branchline/core';
import { summarize } from './losses.js';

/** Announces releases to the strategies that publish them, once per run, however many rounds it has. */
@injectable()
export class ReleaseAnnouncer {
  readonly #announced = new Set<string>();

  constructor(@inject(RunEmitter) private readonly events: RunEmitter) {}

  /** Announces an evaluated state to every strategy of the plan that releases it. */
  announce(plan: ExperimentPlan, node: GraphNode, results: readonly EvaluationResult[], reused: boolean): void {
    for (const { strategy, releases, versions } of plan.strategies) {
      for (const [index, release] of releases.entries()) {
        if (release !== node) continue;
        const version = index + 1;
        const { name, seed } = strategy;
        const id = `${version}/${seed}/${name}`;
        if (this.#announced.has(id)) continue;
        this.#announced.add(id);
        const { loss } = summarize(results, version, plan.info.versions);
        const { path }: PlannedRelease = versions[index]!.release;
        const { key: checkpoint, position } = node;
        this.events.emit('release', { strategy: name, seed, version, path, checkpoint, position, loss, reused });
        this.events.emit('version', { strategy: name, seed, version });
      }
    }
  }
}
