/** A recorded call of a decider that can be repeated without effects on the kernel. */
import type { DeciderName, JsonValue, LossRequest, RandomStream, SequenceLosses, StateSlot } from '@branchline/core';
import { show } from './lab.js';
import type { Hook } from './wrapped-hooks.js';

/** The services of a decider's context. */
interface ContextServices {
  readonly state?: StateSlot;
  readonly random?: (name: string) => RandomStream;
  readonly losses?: (request?: LossRequest) => SequenceLosses;
}

/** The part that a decider returned and the state after the call. */
export interface CallResult {
  readonly part: unknown;
  readonly state: JsonValue | undefined;
}

/** Records the context of a call before it is made, including the state and the positions of random streams. */
export class RecordedCall {
  readonly #state: JsonValue | undefined;
  /** Streams at their positions before the call. */
  readonly #streams = new Map<string, RandomStream>();
  readonly #data: Readonly<Record<string, unknown>>;
  readonly #given: ContextServices;
  /** Answers by request. */
  readonly #losses = new Map<string, SequenceLosses>();

  constructor(
    readonly name: DeciderName,
    readonly hook: Hook,
    context: unknown,
  ) {
    // Services that are not available in a hook throw when read; the spread leaves them out.
    this.#given = { ...(context as ContextServices) };
    this.#data = unfrozen(context) as Readonly<Record<string, unknown>>;
    this.#state = this.#given.state && structuredClone(this.#given.state.get());
  }

  /** Repeats the call on copies. Passes the decider's errors on, and throws when it changes its state without `set`. */
  repeat(): CallResult {
    const slot = this.#given.state && jsonSlot(copySlot(this.#state!));
    const streams = new Map<string, RandomStream>();
    const context = {
      ...(unfrozen(this.#data) as object),
      log: { info: () => undefined, warn: () => undefined },
      charge: () => undefined,
      ...(slot && { state: slot }),
      ...(this.#given.random && {
        random: (name: string) => {
          if (!streams.has(name)) streams.set(name, this.#streamOf(name));
          return streams.get(name)!;
        },
      }),
      ...(this.#given.losses && { losses: (request?: LossRequest) => this.#measured(request) }),
    };
    const part = unfrozen(this.hook(context));
    slot?.assertSet();
    return { part, state: slot && structuredClone(slot.get()) };
  }

  #streamOf(name: string): RandomStream {
    if (!this.#streams.has(name)) this.#streams.set(name, this.#given.random!(name).clone());
    return this.#streams.get(name)!.clone();
  }

  #measured(request?: LossRequest): SequenceLosses {
    const key = JSON.stringify(request ?? {});
    const { sequences, loss } = this.#losses.get(key) ?? this.#given.losses!(request);
    this.#losses.set(key, { sequences, loss });
    return { sequences: sequences.slice(), loss: loss.slice() };
  }
}

/** A writable deep copy of data. Other values, such as functions and objects of classes, are shared. */
export function unfrozen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfrozen);
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [unfrozen(key), unfrozen(inner)]));
  if (value instanceof Set) return new Set([...value].map(unfrozen));
  if (value instanceof Date) return new Date(value);
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unfrozen(inner)]));
}

/** What a value holds, as plain data for comparison: also what is in maps, sets, dates and objects of classes. */
export function contentOf(value: unknown, above: readonly unknown[] = []): unknown {
  if (typeof value !== 'object' || value === null || above.includes(value)) return value;
  const inner = (one: unknown) => contentOf(one, [...above, value]);
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (value instanceof Date) return value.getTime();
  if (value instanceof Map) return { entries: [...value].map((entry) => entry.map(inner)) };
  if (Array.isArray(value) || value instanceof Set) return [...value].map(inner);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
}

/** A state slot whose values pass through JSON, as in a checkpoint. */
export interface JsonSlot extends StateSlot {
  /** Throws when a value that was read has been changed without `set`. */
  assertSet(): void;
}

/** Wraps a slot. `set` throws for values that JSON cannot represent. */
export function jsonSlot(slot: StateSlot): JsonSlot {
  let lent: { readonly value: JsonValue; readonly was: string }[] = [];
  return {
    get() {
      const was = JSON.stringify(slot.get());
      const value = JSON.parse(was) as JsonValue;
      lent.push({ value, was });
      return value;
    },
    set(value) {
      assertJson('state', value);
      slot.set(structuredClone(value));
      lent = [];
    },
    assertSet() {
      const changed = lent.find(({ value, was }) => JSON.stringify(value) !== was);
      if (changed === undefined) return;
      throw new Error(`state was ${changed.was} and is changed to ${JSON.stringify(changed.value)} without set`);
    },
  };
}

const copySlot = (initial: JsonValue): StateSlot => {
  let value = structuredClone(initial);
  return {
    get: () => value,
    set: (next) => {
      value = next;
    },
  };
};

/** Throws when JSON cannot represent a value. */
export function assertJson(what: string, value: unknown): void {
  if (isJson(value)) return;
  throw new Error(`${what} is ${show(value)}, which JSON cannot keep; it must survive being saved and loaded`);
}

/** True for values that survive a round trip through JSON. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  const plain = typeof value === 'object' && Object.prototype.toString.call(value) === '[object Object]';
  return plain && Object.values(value).every(isJson);
}
