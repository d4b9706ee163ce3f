/** Another time, and another sort of luck. */

/** What a call is to find. */
export interface When {
  /** Milliseconds after now. */
  readonly later: number;
  /** What `Math.random` gives, always. */
  readonly random: number;
}

export const FIRST: When = { later: 0, random: 0 };
/** More than a year, at another hour of another day of the week. */
export const SECOND: When = { later: (400 * 24 + 7) * 3_600_000, random: 1 - 2 ** -53 };

/** Calls synchronous code with a clock and a `Math.random` of its own. */
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
