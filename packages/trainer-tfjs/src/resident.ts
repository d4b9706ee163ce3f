import { type ModelSpec, parameterTable } from '@branchline/model';
import { type DeviceArray, DeviceFunction } from '@branchline/tfjs-jit';
import { copyProgram, type DeviceProgram, Layout } from './device-programs.js';
import type { TfjsState } from './state.js';

/** The provider that can keep arrays on the device. */
export const PROVIDER = 'webgpu';

/** Compiles a program for the device. */
export function compile({ fn, inputs, toHost }: DeviceProgram): Promise<DeviceFunction> {
  return DeviceFunction.create(fn, inputs, { provider: PROVIDER, toHost });
}

/** Frees arrays on the device. */
export function free(arrays: readonly DeviceArray[]): void {
  for (const array of arrays) array.dispose();
}

/** A part of a state. */
export type Slot = 'weights' | 'first' | 'second';

/** States in training: the device holds a newer version than host memory. */
const training = new WeakMap<TfjsState, Resident>();

/** Slots of one state at a time on the device, two arrays each (see `Layout`). */
export class Resident {
  #state: TfjsState | undefined;
  #arrays: readonly DeviceArray[] = [];

  private constructor(
    private readonly layout: Layout,
    private readonly slots: readonly Slot[],
    private readonly up: DeviceFunction,
    /** Absent for slots that are only read. */
    private readonly down: DeviceFunction | undefined,
  ) {}

  /** `change`: the slots are copied back to host memory at the end. */
  static async create(spec: ModelSpec, slots: readonly Slot[], access: 'read' | 'change'): Promise<Resident> {
    const up = await compile(copyProgram(spec, slots.length, 'device'));
    const down = access === 'change' ? await compile(copyProgram(spec, slots.length, 'host')) : undefined;
    return new Resident(new Layout(parameterTable(spec)), slots, up, down);
  }

  /** Whether a state is in training: the device then holds a newer version than host memory. */
  static isTraining(state: TfjsState): boolean {
    return training.has(state);
  }

  /** Arrays of the current state. */
  get arrays(): readonly DeviceArray[] {
    return this.#arrays;
  }

  /** Copies a state to the device and releases the previous one. A state in training is not copied. */
  async take(state: TfjsState): Promise<readonly DeviceArray[]> {
    const trained = training.get(state);
    if (trained && trained !== this) return trained.arrays;
    if (this.#state === state) return this.#arrays;
    await this.release();
    this.#arrays = await this.up.run(this.slots.flatMap((slot) => this.layout.divide(state[slot])));
    this.#state = state;
    if (this.down) training.set(state, this);
    return this.#arrays;
  }

  /** Replaces the arrays by new ones on the device, and frees the old ones. */
  replace(arrays: readonly DeviceArray[]): void {
    free(this.#arrays);
    this.#arrays = arrays;
  }

  /**
   * Copies a changed state back to host memory, unless it was disposed of, and frees the arrays on the device.
   */
  async release(): Promise<void> {
    const [state, arrays] = [this.#state, this.#arrays];
    this.#state = undefined;
    this.#arrays = [];
    if (state === undefined) return;
    try {
      if (this.down && state.weights.length > 0) await this.#copyBack(this.down, state, arrays);
    } finally {
      if (this.down) training.delete(state);
      free(arrays);
    }
  }

  async dispose(): Promise<void> {
    await this.release();
    await this.up.dispose();
    await this.down?.dispose();
  }

  async #copyBack(down: DeviceFunction, state: TfjsState, arrays: readonly DeviceArray[]): Promise<void> {
    const copies = this.slots.map(() => this.layout.allocate());
    await down.run(arrays, copies.flat());
    for (const [index, slot] of this.slots.entries()) this.layout.join(copies[index]!, state[slot]);
  }
}
