import { inject, injectable } from '../di.js';
import { objectiveIn } from '../graph/run-graph.js';
import type { Digest } from '../json.js';
import { LedgerWriter } from '../ledger/ledger-writer.js';
import { type Meter, StopGuard } from '../run/stop-guard.js';
import type { WantedJob } from './wanted-jobs.js';

/**
 * Holds the budget of a run by jobs. The steps of the jobs in the queue count as spent, so a limit on tokens, steps or
 * FLOPs is never exceeded. Time, energy and money of a job are estimated from what was trained by then.
 */
@injectable()
export class JobBudget {
  /** Of the jobs in the queue: their steps that are not booked yet. */
  readonly #reserved = new Map<Digest, { readonly meter: Meter; steps: number }>();

  constructor(
    @inject(StopGuard) private readonly guard: StopGuard,
    @inject(LedgerWriter) private readonly ledgerWriter: LedgerWriter,
  ) {}

  /** Reserves the steps of a job. Returns false, and reserves nothing, if the budget has no room for them. */
  reserve(state: Digest, { node, steps }: Pick<WantedJob, 'node' | 'steps'>): boolean {
    if (this.#reserved.has(state)) return true;
    const objective = node.incoming && objectiveIn(node.incoming);
    if (!this.guard.hasRoomFor(steps, objective)) return false;
    const meter = this.guard.meter(objective);
    meter.pause();
    this.#reserved.set(state, { meter, steps });
    meter.stopsAfter(steps, steps * this.#secondsPerStep());
    return true;
  }

  /** Steps of a job were booked. */
  booked(state: Digest, steps: number): void {
    const reserved = this.#reserved.get(state);
    if (reserved === undefined) return;
    reserved.steps = Math.max(0, reserved.steps - steps);
    reserved.meter.stopsAfter(reserved.steps, reserved.steps * this.#secondsPerStep());
  }

  /** A job has left the queue. */
  release(state: Digest): void {
    this.#reserved.get(state)?.meter.close();
    this.#reserved.delete(state);
  }

  #secondsPerStep(): number {
    let [steps, seconds] = [0, 0];
    for (const entry of this.ledgerWriter.ledger.entries) {
      if (entry.kind !== 'train') continue;
      steps += entry.steps;
      seconds += entry.deviceSeconds;
    }
    return steps === 0 ? 0 : seconds / steps;
  }
}
