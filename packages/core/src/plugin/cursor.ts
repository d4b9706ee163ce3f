/** What a plugin carries along a path: its state, and the positions of its random streams. */
import type { JsonValue } from '../json.js';
import type { RandomStream } from '../random.js';
import type { CarrySpec } from '../spec/spec.js';

/** State and random streams of one plugin on one path. A branch copies or resets each of the two independently. */
export interface PluginCursor {
  state: JsonValue;
  /** Part of the names of random streams: paths with equal names draw equal numbers. */
  readonly streamName: string;
  readonly streams: Map<string, RandomStream>;
}

/** The cursor of a path that starts from fresh weights. */
export function freshCursor(initialState: JsonValue, streamName: string): PluginCursor {
  return { state: structuredClone(initialState), streamName, streams: new Map() };
}

/** The cursor of a path that starts from another one. */
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

/** A copy that later steps do not change. */
export function copyCursor(cursor: PluginCursor): PluginCursor {
  return forkCursor(cursor, { plugins: true, random: true }, null, cursor.streamName);
}
