import { EventEmitter } from 'eventemitter3';
import { type Failure, messageOf } from '../errors.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';

/** The work of a run, known before its first step. */
export interface WorkAhead {
  /** Steps to train now; steps already stored do not count. */
  readonly steps: number;
  readonly segments: number;
  readonly tokensPerStep: number;
  /** Number of distinct releases and captures, including stored ones. */
  readonly releases: number;
  /** Number of seeds. */
  readonly seeds: number;
}

/** How a run ended. */
export interface RunEnd {
  /** `stopped`: by the user, by the budget, or by an error that affects all strategies. */
  readonly outcome: 'completed' | 'stopped';
  /** Errors that stopped single strategies. */
  readonly failures: readonly Failure[];
}

/** Progress events of a run. Payloads are plain objects; listeners cannot affect the run. */
export interface RunEvents {
  /** Before the first step. */
  runStart: (work: WorkAhead) => void;
  /** A reactive strategy was planned further; `work` is the updated remaining work. */
  replan: (work: WorkAhead) => void;
  segmentStart: (event: { readonly segment: Segment; readonly resumedAt: number }) => void;
  step: (event: {
    readonly segment: Segment;
    /** Index of the step in its segment, from 0. */
    readonly step: number;
    readonly rate: number;
    readonly loss: number;
    readonly gradNorm: number;
  }) => void;
  segmentEnd: (event: { readonly segment: Segment; readonly reused: boolean }) => void;
  release: (event: {
    readonly strategy: string;
    readonly seed: number;
    readonly version: number;
    /** `main` or the name of the fork that releases. */
    readonly path: string;
    readonly checkpoint: Digest;
    /** Steps since the weights were initialized. */
    readonly position: number;
    readonly loss: number;
    /** True when it was already stored. */
    readonly reused: boolean;
  }) => void;
  version: (event: { readonly strategy: string; readonly seed: number; readonly version: number }) => void;
  runEnd: (event: RunEnd) => void;
  /** A problem that the user should know about; the run continues. `error`: what a plugin or a listener threw. */
  warning: (message: string, error?: unknown) => void;
  /** A line logged by a plugin. */
  log: (level: 'info' | 'warn', message: string) => void;
}

/** Names of the events of a run. */
export type RunEventName = keyof RunEvents;

/**
 * The event emitter of a run. An exception in a listener, or a promise it returns that rejects, becomes a warning;
 * other listeners and training are not affected.
 */
export class RunEmitter {
  readonly #emitter = new EventEmitter<RunEvents>();

  /** Adds a listener; the returned function removes it. */
  on<Name extends RunEventName>(event: Name, listener: RunEvents[Name]): () => void {
    const report = (error: unknown) => {
      // A failed listener of `warning` is not reported: the report would be a warning too.
      if (event !== 'warning') this.emit('warning', `a listener of ${event} failed: ${messageOf(error)}`, error);
    };
    const call = listener as (...args: Parameters<RunEvents[Name]>) => unknown;
    const guarded = (...args: Parameters<RunEvents[Name]>) => {
      try {
        const result = call(...args);
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    };
    this.#emitter.on(event, guarded as never);
    return () => void this.#emitter.off(event, guarded as never);
  }

  emit<Name extends RunEventName>(event: Name, ...args: Parameters<RunEvents[Name]>): void {
    this.#emitter.emit(event, ...(args as never));
  }
}
