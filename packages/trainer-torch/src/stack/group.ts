/** Trainers of several lanes that share a worker, so that their steps can be trained together. */
import { resolve } from 'node:path';
import type { SequenceSource, StepMetrics, TokenRange, TrainerContext } from '@branchline/core';
import type { TorchSettings } from '../options.js';
import { type Numbering, numberingOf, Scratch } from '../scratch.js';
import { type OpenRequest, Session, type SessionOptions } from '../worker/session.js';
import { Gathering } from './gathering.js';

/** A step of one lane. */
interface LaneStep {
  readonly group: string;
  readonly session: Session;
  readonly state: number;
  readonly rate: number;
  readonly ids: Uint32Array;
  readonly weights: Float32Array | undefined;
}

/** Groups by their data. Only lanes of one run have the same source. */
const groups = new WeakMap<SequenceSource, StackGroup[]>();

/** The trainers that share a worker, its sequences and its steps. */
export class StackGroup {
  readonly #numbering: Numbering;
  readonly #scratch: Scratch;
  /** Sequences that each session can find. */
  readonly #found = new WeakMap<Session, number>();
  readonly #gathering: Gathering<LaneStep>;
  #session: Promise<Session> | undefined;
  #members = 0;

  private constructor(
    private readonly key: string,
    private readonly data: SequenceSource,
    { stack, record }: TorchSettings,
  ) {
    this.#scratch = new Scratch(record === undefined ? undefined : resolve(`${record}.files`, 'sequences'));
    this.#numbering = numberingOf(data, this.#scratch);
    this.#gathering = new Gathering(stack, (steps) => steps[0]!.session.stepTogether(steps));
  }

  /** The group of a lane: that of others with the same model, data and settings while it has room, else a new one. */
  static join({ data, model, optimizer, lane }: TrainerContext, settings: TorchSettings): StackGroup {
    const { stack } = settings;
    // A trainer that measures before there are lanes takes no place of theirs.
    const place = lane === undefined ? 'alone' : placeOf(lane.index, stack);
    const key = JSON.stringify([model.spec, optimizer, settings, place]);
    const known = groups.get(data) ?? [];
    groups.set(data, known);
    let group = known.find((one) => one.key === key && one.#members < stack);
    if (group === undefined) {
      group = new StackGroup(key, data, settings);
      known.push(group);
    }
    group.#members++;
    return group;
  }

  /** Files with all sequences that were used so far. */
  files(): readonly TokenRange[] {
    return this.#numbering.files();
  }

  /** Numbers by which a session finds sequences. Members share them, so it may lack what another one added. */
  async numbers(session: Session, ids: Uint32Array): Promise<Uint32Array> {
    const { numbers } = this.#numbering.numbers(ids);
    const files = this.files();
    const count = files.reduce((sum, own) => sum + own.count, 0);
    if (this.#found.get(session) !== count) {
      this.#found.set(session, count);
      await session.addFiles(files);
    }
    return numbers;
  }

  /** The worker with the model, which all members use; a new one if the last has ended. */
  async open(request: OpenRequest, options: SessionOptions): Promise<Session> {
    const known = this.#session;
    const isUsable = known === undefined ? false : await known.then((session) => session.isAlive).catch(() => false);
    // Another member may have opened one meanwhile.
    if (!isUsable && this.#session === known) this.#session = Session.open(request, options);
    return this.#session!;
  }

  /** Calls `train` while the steps of this lane are waited for. */
  async *training<Metrics>(train: () => AsyncIterable<Metrics>): AsyncGenerator<Metrics, void, undefined> {
    this.#gathering.begin();
    try {
      yield* train();
    } finally {
      this.#gathering.end();
    }
  }

  /** Trains a step, together with those of other lanes. */
  step(session: Session, state: number, rate: number, ids: Uint32Array, weights?: Float32Array): Promise<StepMetrics> {
    const group = `${session.pid} ${ids.length}`;
    return this.#gathering.step({ group, session, state, rate, ids, weights });
  }

  /** A member needs it no more. The last one closes the session. */
  async leave(): Promise<void> {
    if (--this.#members > 0) return;
    const known = groups.get(this.data)!;
    known.splice(known.indexOf(this), 1);
    const session = await this.#session?.catch(() => undefined);
    await session?.close();
    this.#numbering.dispose();
    this.#scratch.dispose();
  }
}

/** Which of several workers a lane uses: lanes share one, in the order of their numbers. */
export const placeOf = (lane: number, stack: number) => Math.floor(lane / stack);
