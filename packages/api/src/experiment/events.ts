/** Progress as one stream of plain events. Only this file knows the kernel's emitter. */
import { messageOf, RunEmitter, type RunEvents } from '@branchline/core';
import type { DataProgress } from '@branchline/data';

type Payload<Name extends keyof RunEvents> = Parameters<RunEvents[Name]>[0];

/** What `bench` and `plan` report while they work. Listeners observe: what they return or throw changes nothing. */
export type ExperimentEvent =
  /** What begins now: preparing the text, making the trainer, asking the plugins. Training begins with `runStart`. */
  | { readonly type: 'phase'; readonly phase: 'text' | 'trainer' | 'plan' }
  | ({ readonly type: 'data' } & DataProgress)
  | ({ readonly type: 'runStart' } & Payload<'runStart'>)
  /** A reactive strategy was planned further; this is the work ahead by now. */
  | ({ readonly type: 'replan' } & Payload<'replan'>)
  | ({ readonly type: 'segmentStart' } & Payload<'segmentStart'>)
  | ({ readonly type: 'step' } & Payload<'step'>)
  | ({ readonly type: 'segmentEnd' } & Payload<'segmentEnd'>)
  | ({ readonly type: 'release' } & Payload<'release'>)
  | ({ readonly type: 'version' } & Payload<'version'>)
  | ({ readonly type: 'runEnd' } & Payload<'runEnd'>)
  /** Something a person should know; the run continues. */
  | { readonly type: 'warning'; readonly message: string }
  /** A line that a plugin logged. */
  | { readonly type: 'log'; readonly level: 'info' | 'warn'; readonly message: string };

/** Receives events, one after the other. */
export type ExperimentListener = (event: ExperimentEvent) => void;

/** A listener that never throws: its error becomes a `warning` event, once for each type of event. */
export function safeListener(listener: ExperimentListener = () => undefined): ExperimentListener {
  const failed = new Set<string>();
  const call = (event: ExperimentEvent): void => {
    try {
      listener(event);
    } catch (error) {
      if (event.type === 'warning' || failed.has(event.type)) return;
      failed.add(event.type);
      call({ type: 'warning', message: `the listener failed on ${event.type}: ${messageOf(error)}` });
    }
  };
  return call;
}

const NAMES = ['runStart', 'replan', 'segmentStart', 'step', 'segmentEnd', 'release', 'version', 'runEnd'] as const;

/** An emitter for the kernel that passes everything on to a listener. */
export function emitterFor(listener: ExperimentListener): RunEmitter {
  const emitter = new RunEmitter();
  for (const type of NAMES) {
    emitter.on(type, (event: object) => listener({ type, ...event } as ExperimentEvent));
  }
  emitter.on('warning', (message) => listener({ type: 'warning', message }));
  emitter.on('log', (level, message) => listener({ type: 'log', level, message }));
  return emitter;
}
