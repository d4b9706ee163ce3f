import { Lifecycle, scoped } from '../di.js';
import type { Failure } from '../errors.js';

/** The failures of single strategies in one round, in order; readable while the round trains and after it stopped. */
@scoped(Lifecycle.ContainerScoped)
export class RunFailures {
  readonly #all: Failure[] = [];

  get all(): readonly Failure[] {
    return this.#all;
  }

  add(...failures: readonly Failure[]): void {
    this.#all.push(...failures);
  }
}
