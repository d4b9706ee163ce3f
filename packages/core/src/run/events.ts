import { EventEmitter } from 'eventemitter3';
import { messageOf } from '../errors.js';
import type { Segment } from '../graph/run-graph.js';
import type { Digest } from '../json.js';

/** What is ahead, told before the first step. */
export interface WorkAhead {
  /** Steps to train now; what is stored already is not among them. */
  readonly steps: number;
  readonly segments: number;
  readonly tokensPerStep: number;
  /** Different releases and captures, those that are stored included. */
  readonly releases: number;
  /** Seeds of the experiment. */
  readonly seeds: number;
}

/** Progress of a run. Every payload is a plain object; listeners see and change nothing. */
export interface RunEvents {
  start: (work: WorkAhead) => void;
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
    readonly checkpoint: Digest;
    readonly loss: number;
    /** True when it was stored already. */
    readonly reused: boolean;
  }) => void;
  version: (event: { readonly strategy: string; readonly seed: number; readonly version: number }) => void;
  /** Something a person should know; the run goes on. */
  warning: (message: string) => void;
  /** A line a plugin logged. */
  log: (level: 'info' | 'warn', message: string) => void;
}

/** The emitter of a run. A listener that throws becomes a warning: who watches must not stop who works. */
export class RunEmitter extends EventEmitter<RunEvents> {
  override emit<Name extends keyof RunEvents>(event: Name, ...args: EventEmitter.EventArgs<RunEvents, Name>): boolean {
    try {
      return super.emit(event, ...args);
    } catch (error) {
      if (event !== 'warning') super.emit('warning', `a listener of ${event} failed: ${messageOf(error)}`);
      return true;
    }
  }
}
