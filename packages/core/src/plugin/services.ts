import type { JsonValue } from '../json.js';
import { RandomStream } from '../plan/random.js';
import type { Charge, Logger, PluginServices } from './types.js';

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

/** A charge with the place where it was made. */
export interface PlacedCharge extends Charge {
  readonly plugin: string;
  readonly version: number;
}

/** The services of one plugin in one strategy, and the kernel's handle to point them at a path. */
export interface ServicesHandle {
  readonly services: PluginServices;
  /** The path whose state and streams the services use now. */
  cursor: PluginCursor;
  /** The version charges are booked to. */
  version: number;
}

/** What the services of one plugin need from the kernel. */
export interface ServicesInput {
  readonly plugin: string;
  readonly strategy: string;
  readonly seed: number;
  readonly initialState: JsonValue;
  readonly log: (level: 'info' | 'warn', message: string) => void;
  readonly charges: Map<string, PlacedCharge>;
}

export function createServices(input: ServicesInput): ServicesHandle {
  const { plugin, strategy, seed } = input;
  const write = (level: 'info' | 'warn') => (message: string) =>
    input.log(level, `[${strategy}] ${plugin}: ${message}`);
  const log: Logger = { info: write('info'), warn: write('warn') };
  const handle: ServicesHandle = {
    cursor: freshCursor(input.initialState, 'main'),
    version: 0,
    services: {
      log,
      random(name) {
        const { streams, streamName } = handle.cursor;
        let stream = streams.get(name);
        if (stream === undefined)
          streams.set(name, (stream = new RandomStream(seed, `${plugin}/${streamName}/${name}`)));
        return stream;
      },
      state: {
        get: () => handle.cursor.state,
        set: (value) => {
          handle.cursor.state = structuredClone(value);
        },
      },
      account: {
        charge(charge) {
          input.charges.set(`${plugin}/${handle.version}/${charge.what}`, {
            ...charge,
            plugin,
            version: handle.version,
          });
        },
      },
    },
  };
  return handle;
}

export function freshCursor(initialState: JsonValue, streamName: string): PluginCursor {
  return { state: structuredClone(initialState), streamName, streams: new Map() };
}

/** The cursor of a path that leaves another one. */
export function forkCursor(
  parent: PluginCursor,
  carry: { readonly plugins: boolean; readonly random: boolean },
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
