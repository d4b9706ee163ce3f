import { EventEmitter } from 'eventemitter3';
import { type Failure, messageOf } from '../errors.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';

/** The work of a run, known before its first step. */
export interface WorkAhead {
  /** Steps to train now; what is stored already is not among them. */
  readonly steps: number;
  readonly segments: number;
  readonly tokensPerStep: number;
  /** Distinct releases and captures, stored ones included. */
  readonly releases: number;
  /** Seeds of the experiment. */
  readonly seeds: number;
}

/** How a run ended. */
export interface RunEnd {
  /** `stopped`: by the user, by the budget, or by an error that concerns every strategy. */
  readonly outcome: 'completed' | 'stopped';
  /** What stopped single strategies. */
  readonly failures: readonly Failure[];
}

/** Progress of a run. Every payload is a plain object; listeners see and change nothing. */
export interface RunEvents {
  /** Before the first step. */
  runStart: (work: WorkAhead) => void;
  /** A reactive strategy was planned further, and this is the work ahead by now. */
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
    /** Steps since the weights were drawn. */
    readonly position: number;
    readonly loss: number;
    /** True when it was stored already. */
    readonly reused: boolean;
  }) => void;
  version: (event: { readonly strategy: string; readonly seed: number; readonly version: number }) => void;
  runEnd: (event: RunEnd) => void;
  /** Something a person should know; the run continues. */
  warning: (message: string) => void;
  /** A line a plugin logged. */
  log: (level: 'info' | 'warn', message: string) => void;
}

/** Names of the events of a run. */
export type RunEventName = keyof RunEvents;

/**
 * The emitter of a run. An exception in one listener, or a promise it returns that rejects, becomes a warning: the
 * other listeners still hear the event, and training is not affected.
 */
export class RunEmitter {
  readonly #emitter = new EventEmitter<RunEvents>();

  /** Adds a listener; the returned function removes it. */
  on<Name extends RunEventName>(event: Name, listener: RunEvents[Name]): () => void {
    const report = (error: unknown) => {
      // A listener of warnings that fails has nowhere left to report to.
      if (event !== 'warning') this.emit('warning', `a listener of ${event} failed: ${messageOf(error)}`);
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
