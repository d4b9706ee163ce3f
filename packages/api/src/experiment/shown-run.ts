/** What `watch` sees of a run, besides what the run stores: that it prepares, and its live log. */
import type { ExperimentPlan, Failure } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { LiveLog, type LiveLogInput, markStart } from '@branchline/watch';

/** A run that can be watched. Nothing of it depends on this, and no method throws. */
export class ShownRun {
  #live: LiveLog | undefined;

  private constructor(
    private readonly directory: string,
    private readonly unmark: () => Promise<void>,
  ) {}

  /** Shows that a run is prepared. To be closed. */
  static async prepare(directory: string): Promise<ShownRun> {
    return new ShownRun(directory, await markStart(directory));
  }

  /** Shows a plan and what is trained of it. To be called with the directory locked. */
  async attach(
    plan: ExperimentPlan,
    soFar: () => Promise<Results>,
    about: Omit<LiveLogInput, 'directory'>,
  ): Promise<void> {
    this.#live ??= new LiveLog({ directory: this.directory, ...about });
    await this.#live.attach(plan, soFar);
    await this.unmark();
  }

  /** Shows how the run ended; without failures, that it was stopped. */
  async finish(failures?: readonly Failure[]): Promise<void> {
    await this.#live?.finish(failures);
  }

  /** Shows the error that ended the run. */
  async fail(error: unknown): Promise<void> {
    await this.#live?.fail(error);
  }

  async close(): Promise<void> {
    await this.#live?.close();
    await this.unmark();
  }
}
