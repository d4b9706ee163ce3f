import { type LockSign, lookAtLock } from '@branchline/core';

/** Who has the lock of a directory. */
export interface Holding {
  /** A process that runs, or shows signs of life. */
  readonly held: LockSign | undefined;
  /** A process that is gone, and left its lock. */
  readonly left: LockSign | undefined;
}

/**
 * Follows the lock of a directory. A holder on another machine is known by its signs of life alone: it is gone when it
 * shows none for a whole lease, by the clock of this watch.
 */
export class LockWatch {
  #watched: { readonly sign: string; readonly since: number } | undefined;

  constructor(
    private readonly directory: string,
    private readonly now: () => number,
  ) {}

  async look(): Promise<Holding> {
    const lock = await lookAtLock(this.directory);
    if (lock === undefined) return { held: undefined, left: undefined };
    const now = this.now();
    if (this.#watched?.sign !== lock.sign) this.#watched = { sign: lock.sign, since: now };
    const isQuiet = lock.state === 'unknown' && now - this.#watched.since >= lock.lease;
    const isGone = lock.state === 'ended' || isQuiet;
    return { held: isGone ? undefined : lock, left: isGone ? lock : undefined };
  }
}
