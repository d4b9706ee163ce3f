/** A call of a decider that can be made again, without any effect on the kernel. */
import type { DeciderName, JsonValue, RandomStream, SequenceLosses, StateSlot } from '@branchline/core';
import { show } from './lab.js';
import type { Hook } from './wrapped-hooks.js';

/** What a decider may be given, as far as it is more than data. */
interface GivenServices {
  readonly state?: StateSlot;
  readonly random?: (name: string) => RandomStream;
  readonly losses?: () => SequenceLosses;
}

/** What a decider returned, and the state that it left. */
export interface Answer {
  readonly part: unknown;
  readonly state: JsonValue | undefined;
}

/** Remembers the context of a call as it was, with the state and the positions of random streams. */
export class Question {
  readonly #state: JsonValue | undefined;
  /** Streams as they were before the call. */
  readonly #streams = new Map<string, RandomStream>();
  readonly #data: Readonly<Record<string, unknown>>;
  readonly #given: GivenServices;
  #losses: SequenceLosses | undefined;

  constructor(
    readonly name: DeciderName,
    readonly hook: Hook,
    context: unknown,
  ) {
    this.#given = servicesIn(context);
    this.#data = unfrozen(context) as Readonly<Record<string, unknown>>;
    this.#state = this.#given.state && structuredClone(this.#given.state.get());
  }

  /** Asks on copies. Throws what the decider throws, and when it changes its state without setting it. */
  ask(): Answer {
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
      ...(this.#given.losses && { losses: () => this.#measured() }),
    };
    const part = unfrozen(this.hook(context));
    slot?.assertSet();
    return { part, state: slot && structuredClone(slot.get()) };
  }

  #streamOf(name: string): RandomStream {
    if (!this.#streams.has(name)) this.#streams.set(name, this.#given.random!(name).clone());
    return this.#streams.get(name)!.clone();
  }

  #measured(): SequenceLosses {
    this.#losses ??= this.#given.losses!();
    return { sequences: this.#losses.sequences.slice(), loss: this.#losses.loss.slice() };
  }
}

/** The services that can be used in a context. Reading one that belongs to other hooks would throw. */
export const servicesIn = (context: unknown): GivenServices => ({ ...(context as GivenServices) });

/** A copy in depth of plain data that can be written to. What is not plain data, such as a function, is shared. */
export function unfrozen(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfrozen);
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unfrozen(inner)]));
}

/** A state slot whose values pass through JSON, as they would to a file. */
export interface JsonSlot extends StateSlot {
  /** Throws when a value that was read was changed and not set. */
  assertSet(): void;
}

/** A slot in front of another one. Throws when it is given what JSON cannot keep. */
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

/** Throws when JSON cannot keep a value. */
export function assertJson(what: string, value: unknown): void {
  if (isJson(value)) return;
  throw new Error(`${what} is ${show(value)}, which JSON cannot keep; it must survive being saved and loaded`);
}

/** True for what comes back from JSON as it was. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  const plain = typeof value === 'object' && Object.prototype.toString.call(value) === '[object Object]';
  return plain && Object.values(value).every(isJson);
}
