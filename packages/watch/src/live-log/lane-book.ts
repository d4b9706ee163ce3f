import type { LaneProgress } from './format.js';

interface Latest {
  readonly done: number;
  readonly loss: number;
  readonly rate: number;
}

interface Lane {
  segment: number | undefined;
  latest: Latest | undefined;
  /** When it showed the last step, or began. */
  time: number;
}

/**
 * Which lane trains which segment. Events do not name lanes, and need not: a segment that begins gets a lane that is
 * free.
 */
export class LaneBook {
  readonly #lanes: Lane[];

  /** `count`: 0 if jobs train. */
  constructor(count: number) {
    this.#lanes = Array.from({ length: count }, () => ({
      segment: undefined,
      latest: undefined,
      time: 0,
    }));
  }

  begin(segment: number, time: number): void {
    const own = this.#lanes.find((lane) => lane.segment === segment);
    const lane = own ?? this.#free();
    if (lane !== undefined) Object.assign(lane, { segment, latest: undefined, time });
  }

  step(segment: number, latest: Latest, time: number): void {
    const lane = this.#lanes.find((one) => one.segment === segment) ?? this.#free();
    if (lane !== undefined) Object.assign(lane, { segment, latest, time });
  }

  end(segment: number): void {
    const lane = this.#lanes.find((one) => one.segment === segment);
    if (lane !== undefined) Object.assign(lane, { segment: undefined, latest: undefined });
  }

  /** All lanes wait. */
  clear(): void {
    for (const lane of this.#lanes) Object.assign(lane, { segment: undefined, latest: undefined });
  }

  progress(): readonly LaneProgress[] {
    return this.#lanes.map(({ segment, latest }) =>
      segment === undefined ? null : [segment, latest?.done ?? 0, latest?.loss ?? null, latest?.rate ?? null],
    );
  }

  /** A lane that waits; otherwise the one that was silent longest, whose segment failed. */
  #free(): Lane | undefined {
    const waiting = this.#lanes.find(({ segment }) => segment === undefined);
    return waiting ?? [...this.#lanes].sort((a, b) => a.time - b.time)[0];
  }
}
