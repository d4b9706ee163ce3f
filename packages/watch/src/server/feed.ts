/** The state of a run for any number of open pages: read at most once per interval, and only while someone looks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LiveLinks, type LiveSection, type LiveState, liveSections } from '@branchline/report';

/** What the page shows at one moment. */
export interface Snapshot {
  /** Different for different sections. */
  readonly id: string;
  readonly state: LiveState;
  readonly sections: readonly LiveSection[];
}

/** Options of a {@link Feed}. */
export interface FeedOptions {
  readonly read: () => Promise<LiveState>;
  /** Links of the page, which can depend on the state. */
  readonly links: (state: LiveState) => LiveLinks;
  /** Milliseconds between two reads, at least. */
  readonly every: number;
  /** Distinguishes the snapshots of this server from those of an earlier one. */
  readonly name: string;
}

/** Reading and drawing take a fifth of a core at most: the page runs on the machine that trains. */
const PAUSE_FACTOR = 4;

/** Reads the state for pages that wait for it. */
export class Feed {
  #latest: Snapshot | undefined;
  #count = 0;
  /** The read in progress. */
  #running: Promise<Snapshot> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #pause = 0;
  readonly #closing = new AbortController();

  constructor(private readonly options: FeedOptions) {}

  /** Aborted when the feed is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** The latest snapshot, read now unless that was done a moment ago. Rejects if the first read fails. */
  async latest(): Promise<Snapshot> {
    if (this.#latest !== undefined && performance.now() - this.#readAt < this.#pause) return this.#latest;
    return this.#read();
  }

  /** The next snapshot that differs from the one with this id; undefined when nothing changed for `wait` ms. */
  async next(id: string | undefined, wait: number): Promise<Snapshot | undefined> {
    const until = performance.now() + wait;
    while (!this.closed.aborted) {
      const rest = this.#readAt + this.#pause - performance.now();
      if (this.#latest !== undefined && this.#latest.id !== id) return this.#latest;
      if (performance.now() + Math.max(0, rest) > until) {
        await this.#sleep(until - performance.now());
        if (!this.closed.aborted) return undefined;
        break;
      }
      await this.#sleep(rest);
      if (this.closed.aborted) break;
      const snapshot = await this.latest();
      if (snapshot.id !== id) return snapshot;
    }
    return this.#latest?.id === id ? undefined : this.#latest;
  }

  /** Reads once more, for pages that are open, and ends all waits. */
  async close(): Promise<void> {
    // A read in progress may have seen the state before the last one.
    await this.#running?.catch(() => undefined);
    await this.#read().catch(() => undefined);
    this.#closing.abort();
  }

  async #sleep(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.closed, ref: false }).catch(() => undefined);
  }

  /** Reads the state. Calls that overlap share one read. */
  #read(): Promise<Snapshot> {
    this.#running ??= this.#readNow().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #readNow(): Promise<Snapshot> {
    const before = process.cpuUsage();
    try {
      return this.#take(await this.options.read());
    } catch (error) {
      if (this.#latest === undefined) throw error;
      const text = `The run directory cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      const { state } = this.#latest;
      const isKnown = state.messages.at(-1)?.text === text;
      return isKnown ? this.#latest : this.#take({ ...state, messages: [...state.messages, { level: 'error', text }] });
    } finally {
      this.#readAt = performance.now();
      // Not by the clock: on a busy machine, most of that time would be waiting.
      const { user, system } = process.cpuUsage(before);
      this.#pause = Math.max(this.options.every, (PAUSE_FACTOR * (user + system)) / 1000);
    }
  }

  #take(state: LiveState): Snapshot {
    const sections = liveSections(state, this.options.links(state));
    const isEqual =
      this.#latest !== undefined &&
      sections.every(({ markup }, index) => markup.text === this.#latest!.sections[index]?.markup.text);
    if (!isEqual) this.#count += 1;
    this.#latest = { id: `${this.options.name}-${this.#count}`, state, sections };
    return this.#latest;
  }
}
