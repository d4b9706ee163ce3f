import type { JsonValue } from '../json.js';
import type { PluginCharge } from '../ledger/entry.js';
import { RandomStream } from '../random.js';
import type { CarrySpec } from '../spec/spec.js';
import type { Logger, PluginServices, SequenceLosses } from './types.js';

/**
 * What a plugin carries along one path: its state and the positions of its random streams. A branch gets a copy, or a
 * fresh start, of each part on its own.
 */
export interface PluginCursor {
  state: JsonValue;
  /** Part of the names of random streams: two paths with one name draw the same numbers. */
  readonly streamName: string;
  readonly streams: Map<string, RandomStream>;
}

/** The services of one plugin in one strategy, and the kernel's handle to point them at a path. */
export interface ServicesHandle {
  readonly services: PluginServices;
  /** The path whose state and streams the services use; undefined while no step is asked about. */
  cursor: PluginCursor | undefined;
  /** The version charges are booked to; 0 while none is asked about. */
  version: number;
  /** What `losses` answers; `pending` while that is not measured, undefined where it does not belong. */
  losses: SequenceLosses | 'pending' | undefined;
  /** Whether `losses` was called while it was pending. */
  waiting: boolean;
}

/** Thrown through a plugin that asks for losses that are not measured yet. */
export class Pending extends Error {
  constructor() {
    super('these losses are not measured yet; do not catch this: the hook is called again when they are');
  }
}

/** What the services of one plugin need from the kernel. */
export interface ServicesInput {
  readonly plugin: string;
  readonly reactive: boolean;
  readonly strategy: string;
  readonly seed: number;
  readonly log: (level: 'info' | 'warn', message: string) => void;
  readonly charges: Map<string, PluginCharge>;
}

/** Makes the services of one plugin. What a plugin asks of them at the wrong time, or wrongly, throws an Error that says so. */
export function createServices({ plugin, reactive, strategy, seed, log, charges }: ServicesInput): ServicesHandle {
  const write = (level: 'info' | 'warn') => (message: string) => log(level, `[${strategy}] ${plugin}: ${message}`);
  const logger: Logger = { info: write('info'), warn: write('warn') };
  const here = (): PluginCursor => {
    if (handle.cursor !== undefined) return handle.cursor;
    throw new Error('random streams and state belong to onStep; other deciders decide from their context alone');
  };
  const handle: ServicesHandle = {
    cursor: undefined,
    version: 0,
    losses: undefined,
    waiting: false,
    services: {
      log: logger,
      random(name) {
        const { streams, streamName } = here();
        const known = streams.get(name);
        if (known !== undefined) return known;
        const stream = new RandomStream(seed, `${plugin}/${streamName}/${name}`);
        streams.set(name, stream);
        return stream;
      },
      state: {
        get: () => here().state,
        set(value) {
          here().state = structuredClone(value);
        },
      },
      losses() {
        if (!reactive) throw new Error('only a plugin that says reactive: true can ask for losses');
        const { losses } = handle;
        if (losses === undefined) throw new Error('losses belong to onFork');
        if (losses !== 'pending') return { sequences: losses.sequences.slice(), loss: losses.loss.slice() };
        handle.waiting = true;
        throw new Pending();
      },
      account: {
        charge({ what, tokens = 0, flops = 0 }) {
          if (handle.version === 0) throw new Error('a charge belongs to a version: make it in a decider');
          const wrong = Object.entries({ tokens, flops }).find(([, value]) => !(Number.isFinite(value) && value >= 0));
          if (typeof what !== 'string' || what === '') throw new Error('a charge needs a name: what it was for');
          if (wrong) throw new Error(`charge "${what}": ${wrong[0]} must be a number of 0 or more, not ${wrong[1]}`);
          charges.set(`${plugin}/${handle.version}/${what}`, { what, tokens, flops, plugin, version: handle.version });
        },
      },
    },
  };
  return handle;
}

/** Where a path begins that starts from fresh weights. */
export function freshCursor(initialState: JsonValue, streamName: string): PluginCursor {
  return { state: structuredClone(initialState), streamName, streams: new Map() };
}

/** The cursor of a path that goes on from another one's. */
export function forkCursor(
  parent: PluginCursor,
  carry: Pick<CarrySpec, 'plugins' | 'random'>,
  initialState: JsonValue,
  name: string,
): PluginCursor {
  return {
    state: structuredClone(carry.plugins ? parent.state : initialState),
    streamName: carry.random ? parent.streamName : name,
    streams: carry.random
      ? new Map([...parent.streams].map(([key, stream]) => [key, stream.clone()]))
      : new Map<string, RandomStream>(),
  };
}

/** The same cursor, which later steps do not move. */
export function copyCursor(cursor: PluginCursor): PluginCursor {
  return forkCursor(cursor, { plugins: true, random: true }, null, cursor.streamName);
}
