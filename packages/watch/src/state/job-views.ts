/** Jobs of a cluster that train for a run, each in a folder of its own with a live log of its own. */
import { join } from 'node:path';
import { type Digest, jobFolder, jobFolders, readBegin, readEnd } from '@branchline/core';
import type { LiveLane } from '@branchline/report';
import { LIVE_LOG, type LivePoint } from '../live-log/format.js';
import { LiveView, type SegmentView } from './live-view.js';
import { LockWatch } from './lock-watch.js';
import { Tail } from './tail.js';

interface JobView {
  readonly lock: LockWatch;
  readonly tail: Tail;
  view: LiveView;
  where: string | undefined;
  isRunning: boolean;
}

/** Follows the jobs of a run directory. */
export class JobViews {
  readonly #views = new Map<Digest, JobView>();

  constructor(
    private readonly directory: string,
    private readonly now: () => number,
  ) {}

  /** Reads what is new. Folders come and go while the run takes over what jobs stored. */
  async read(): Promise<void> {
    const states = await jobFolders(this.directory).catch((): readonly Digest[] => []);
    for (const state of this.#views.keys()) if (!states.includes(state)) this.#views.delete(state);
    for (const state of states) {
      const folder = jobFolder(this.directory, state);
      const job = this.#views.get(state) ?? {
        ...{ lock: new LockWatch(folder, this.now), tail: new Tail(join(folder, LIVE_LOG)) },
        ...{ view: new LiveView(), where: undefined, isRunning: false },
      };
      this.#views.set(state, job);
      const { fresh, lines } = await job.tail.read();
      if (fresh) job.view = new LiveView();
      for (const line of lines) job.view.take(line);
      job.where ??= await readBegin(folder);
      const { held } = await job.lock.look();
      job.isRunning = held !== undefined && job.where !== undefined && (await readEnd(folder)) === undefined;
    }
  }

  /** The states that jobs make now. */
  get running(): readonly Digest[] {
    return [...this.#views].filter(([, { isRunning }]) => isRunning).map(([state]) => state);
  }

  /** Steps of a segment that its job trained. */
  doneOf(key: Digest): number {
    return this.#segmentOf(key)?.done ?? 0;
  }

  pointsOf(key: Digest): readonly LivePoint[] {
    return this.#segmentOf(key)?.points ?? [];
  }

  lanes(): readonly LiveLane[] {
    return this.running.map((state): LiveLane => {
      const { view, where } = this.#views.get(state)!;
      const name = `job ${state.slice(0, 8)} on ${where}`;
      const segment = view.plan?.segments.find(({ key }) => key === state);
      const [, step, loss, rate] = view.lanes.find((lane) => lane !== null) ?? [];
      if (segment === undefined) return { name, strategies: [] };
      const { strategies, seed, steps } = segment;
      return {
        ...{ name, strategies, seed, steps },
        ...(step !== undefined && { step }),
        ...(loss !== null && loss !== undefined && { loss }),
        ...(rate !== null && rate !== undefined && { rate }),
      };
    });
  }

  #segmentOf(key: Digest): SegmentView | undefined {
    const { view } = this.#views.get(key) ?? {};
    const index = view?.plan?.segments.findIndex((segment) => segment.key === key) ?? -1;
    return index < 0 ? undefined : view?.segments[index];
  }
}
