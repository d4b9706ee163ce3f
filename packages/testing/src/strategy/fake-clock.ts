/** A fake clock and a fake `Math.random`. */

/** The time and randomness that a call sees. */
export interface When {
  /** Milliseconds added to the current time. */
  readonly later: number;
  /** The constant that `Math.random` returns. */
  readonly random: number;
}

export const FIRST: When = { later: 0, random: 0 };
/** More than a year later, at another hour of another weekday. */
export const SECOND: When = { later: (400 * 24 + 7) * 3_600_000, random: 1 - 2 ** -53 };

/** Calls synchronous code with the clock and `Math.random` replaced. */
export function withClock<T>({ later, random }: When, work: () => T): T {
  const scope = globalThis as { Date: DateConstructor };
  const chance: { random: () => number } = Math;
  const [date, draw, now] = [scope.Date, chance.random, performance.now.bind(performance)];
  const moment = () => date.now() + later;
  scope.Date = new Proxy(date, {
    construct: (target, given, made) =>
      Reflect.construct(target, given.length === 0 ? [moment()] : given, made) as Date,
    apply: () => new date(moment()).toString(),
    get: (target, key) => (key === 'now' ? moment : (Reflect.get(target, key) as unknown)),
  });
  chance.random = () => random;
  performance.now = () => now() + later;
  try {
    return work();
  } finally {
    scope.Date = date;
    chance.random = draw;
    performance.now = now;
  }
}
