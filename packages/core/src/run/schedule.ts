/**
 * Hands the operations of a list to lanes. Operations that belong together are a unit, which one lane carries out
 * without a break; a unit waits for earlier ones that make what it reads, or that read what it deletes.
 */
import type { Operation, TrainOperation } from '../graph/operations.js';
import type { Digest } from '../json.js';

/** Operations that one lane carries out in order: making or training a state and saving it, for example. */
export interface Unit {
  readonly operations: readonly [Operation, ...Operation[]];
}

/** A unit with the earlier ones that it waits for. */
interface Waiting extends Unit {
  readonly operations: [Operation, ...Operation[]];
  readonly after: Set<Waiting>;
}

/** What a schedule needs to know of a run. */
export interface ScheduleOptions {
  readonly lanes: number;
  /**
   * Whether checkpoints have a limit. Then a unit that saves a state waits for all earlier deletions, so that the limit
   * that the list was compiled for holds in any order. Default false.
   */
  readonly limited?: boolean;
}

/** The units of one list, and which of them are done. With one lane, they are taken in the order of the list. */
export class Schedule {
  /** Not taken yet, in the order of the list. */
  readonly #left: Waiting[];
  readonly #running = new Set<Unit>();
  #closed = false;

  constructor(
    operations: readonly Operation[],
    private readonly options: ScheduleOptions,
  ) {
    this.#left = waiting(operations, options.limited ?? false);
  }

  /** True when nothing runs: what is left, if anything, cannot be taken any more. */
  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Steps of the units that no lane has taken. */
  get stepsLeft(): number {
    const training = this.#left.flatMap(({ operations }) => operations).filter(isTraining);
    return training.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /**
   * Takes a unit that waits for nothing; undefined when there is none now. `held`: the state in the lane's memory.
   * Deletions come first, because they free space; then what reads the held state, because it needs no restoring.
   */
  take(held?: Digest): Unit | undefined {
    const ready = this.#left.filter((unit) => unit.after.size === 0 && (!this.#closed || completes(unit)));
    const reads = ({ operations: [first] }: Unit) =>
      first.kind !== 'make' && held !== undefined && first.reads[0] === held;
    const preferred =
      this.options.lanes > 1
        ? (ready.find(({ operations: [first] }) => first.kind === 'delete') ?? ready.find(reads))
        : undefined;
    const unit = preferred ?? ready[0];
    if (unit === undefined) return undefined;
    this.#left.splice(this.#left.indexOf(unit), 1);
    this.#running.add(unit);
    return unit;
  }

  /** A taken unit was carried out: what waited for it may be taken. */
  finish(unit: Unit): void {
    for (const { after } of this.#left) after.delete(unit as Waiting);
  }

  /** A lane is done with a unit. Unless it was carried out, what waits for it is never taken. */
  leave(unit: Unit): void {
    this.#running.delete(unit);
  }

  /**
   * The list no longer applies. From now on only evaluations, releases and deletions of states that no strategy needs
   * are taken: these apply whatever happened.
   */
  close(): void {
    this.#closed = true;
  }
}

const isTraining = (operation: Operation): operation is TrainOperation => operation.kind === 'train';

/** True for units that apply even after a state was larger than expected: they need no disk space. */
function completes({ operations: [first] }: Unit): boolean {
  return first.kind === 'delete' ? first.why !== 'evicted' : first.kind === 'evaluate';
}

/** Divides a list into units and finds what each waits for. All of it is earlier in the list. */
function waiting(operations: readonly Operation[], limited: boolean): Waiting[] {
  const units: Waiting[] = [];
  /** The last unit that stored a state or deleted it, and the units that read it since. */
  const last = new Map<Digest, Waiting>();
  const readers = new Map<Digest, Waiting[]>();
  const deletions: Waiting[] = [];
  let lastSave: Waiting | undefined;
  for (const operation of operations) {
    const { key } = operation;
    const unit = continuesUnit(operation, units.at(-1))
      ? units.at(-1)!
      : ({ operations: [operation], after: new Set() } satisfies Waiting);
    if (unit !== units.at(-1)) units.push(unit);
    else unit.operations.push(operation);
    const waitFor = (other: Waiting | undefined) => {
      if (other !== undefined && other !== unit) unit.after.add(other);
    };
    for (const read of operation.reads) {
      waitFor(last.get(read));
      readers.set(read, [...(readers.get(read) ?? []), unit]);
    }
    if (operation.kind === 'save') {
      waitFor(last.get(key));
      if (limited) for (const deletion of deletions) waitFor(deletion);
      last.set(key, unit);
      lastSave = unit;
    } else if (operation.kind === 'delete') {
      waitFor(last.get(key));
      for (const reader of readers.get(key) ?? []) waitFor(reader);
      // The state that is stored last before a deletion can be the reason why the deleted one is not needed any more.
      waitFor(lastSave);
      last.set(key, unit);
      readers.delete(key);
      deletions.push(unit);
    }
  }
  return units;
}

/** Whether an operation works on the state that the operation before it left in memory. */
function continuesUnit(operation: Operation, unit: Waiting | undefined): boolean {
  const before = unit?.operations.at(-1);
  if (before === undefined) return false;
  if (operation.kind === 'save' || operation.kind === 'release') return true;
  return operation.kind === 'train' && before.kind === 'make' && operation.reads[0] === before.key;
}
