/** Progress as one stream of plain events. Only this file uses the kernel's emitter. */
import { messageOf, RunEmitter, type RunEvents } from '@branchline/core';
import type { DataProgress } from '@branchline/data';
import type { StoredWork } from './stored-work.js';

type Payload<Name extends keyof RunEvents> = Parameters<RunEvents[Name]>[0];

/** Progress of `bench` and `plan`. What a listener returns or throws has no effect. */
export type ExperimentEvent =
  /** The start of a phase: preparing text, creating the trainer, planning. Training starts with `runStart`. */
  | { readonly type: 'phase'; readonly phase: 'text' | 'trainer' | 'plan' }
  | ({ readonly type: 'data' } & DataProgress)
  /** Bytes of the checkpoint that training starts from: read or written so far, of all. */
  | { readonly type: 'checkpoint'; readonly bytes: number; readonly of: number }
  /** Before training: what the run directory has of the plan. Not sent for a new directory. */
  | ({ readonly type: 'stored' } & StoredWork)
  | ({ readonly type: 'runStart' } & Payload<'runStart'>)
  /** A reactive strategy was planned further; the payload is the updated remaining work. */
  | ({ readonly type: 'replan' } & Payload<'replan'>)
  | ({ readonly type: 'segmentStart' } & Payload<'segmentStart'>)
  | ({ readonly type: 'step' } & Payload<'step'>)
  | ({ readonly type: 'segmentEnd' } & Payload<'segmentEnd'>)
  | ({ readonly type: 'release' } & Payload<'release'>)
  | ({ readonly type: 'version' } & Payload<'version'>)
  | ({ readonly type: 'runEnd' } & Payload<'runEnd'>)
  /** A warning for the user; the run continues. `error`: what a plugin or a listener threw. */
  | { readonly type: 'warning'; readonly message: string; readonly error?: unknown }
  /** A line logged by a plugin. */
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly message: string };

/** Receives events one at a time. */
export type ExperimentListener = (event: ExperimentEvent) => void;

/** Wraps a listener so that it never throws. Its first error per event type becomes a `warning` event. */
export function safeListener(listener: ExperimentListener = () => undefined): ExperimentListener {
  const failed = new Set<string>();
  const call = (event: ExperimentEvent): void => {
    try {
      listener(event);
    } catch (error) {
      if (event.type === 'warning' || failed.has(event.type)) return;
      failed.add(event.type);
      call({ type: 'warning', message: `the listener failed on ${event.type}: ${messageOf(error)}`, error });
    }
  };
  return call;
}

const NAMES = ['runStart', 'replan', 'segmentStart', 'step', 'segmentEnd', 'release', 'version', 'runEnd'] as const;

/** An emitter for the kernel that forwards every event to a listener. */
export function emitterFor(listener: ExperimentListener): RunEmitter {
  const emitter = new RunEmitter();
  for (const type of NAMES) {
    emitter.on(type, (event: object) => listener({ type, ...event } as ExperimentEvent));
  }
  emitter.on('warning', (message, error) =>
    listener({ type: 'warning', message, ...(error !== undefined && { error }) }),
  );
  emitter.on('log', (level, message) => listener({ type: 'log', level, message }));
  return emitter;
}
