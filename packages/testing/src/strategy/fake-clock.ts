/** A fake clock, fake random numbers and an empty environment. */

/** The time and randomness that a call sees. */
export interface When {
  /** Milliseconds added to the current time. */
  readonly later: number;
  /** The constant that `Math.random` returns; random bytes have it too. */
  readonly random: number;
  /** Environment variables; absent: the real ones. */
  readonly env?: NodeJS.ProcessEnv;
}

export const FIRST: When = { later: 0, random: 0 };
/** More than a year later, at another hour of another weekday, on a machine without environment variables. */
export const SECOND: When = { later: (400 * 24 + 7) * 3_600_000, random: 1 - 2 ** -53, env: {} };

/** Calls synchronous code with the clock, random numbers and environment replaced. */
export function withClock<T>({ later, random, env = process.env }: When, work: () => T): T {
  const scope = globalThis as { Date: DateConstructor };
  const chance: { random: () => number } = Math;
  const [date, draw, now] = [scope.Date, chance.random, performance.now.bind(performance)];
  const [variables, time] = [process.env, process.hrtime];
  const moment = () => date.now() + later;
  scope.Date = new Proxy(date, {
    construct: (target, given, made) =>
      Reflect.construct(target, given.length === 0 ? [moment()] : given, made) as Date,
    apply: () => new date(moment()).toString(),
    get: (target, key) => (key === 'now' ? moment : (Reflect.get(target, key) as unknown)),
  });
  chance.random = () => random;
  performance.now = () => now() + later;
  process.env = env;
  process.hrtime = Object.assign(
    (since?: [number, number]): [number, number] => {
      const [seconds, rest] = time(since);
      return [seconds + Math.floor(later / 1000), rest];
    },
    { bigint: () => time.bigint() + BigInt(later) * 1_000_000n },
  );
  const byte = Math.floor(random * 256);
  const digit = (byte & 15).toString(16);
  Object.defineProperties(crypto, {
    getRandomValues: {
      configurable: true,
      value(into: ArrayBufferView) {
        new Uint8Array(into.buffer, into.byteOffset, into.byteLength).fill(byte);
        return into;
      },
    },
    randomUUID: {
      configurable: true,
      value: () => [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join('-'),
    },
  });
  try {
    return work();
  } finally {
    scope.Date = date;
    chance.random = draw;
    performance.now = now;
    process.env = variables;
    process.hrtime = time;
    for (const name of ['getRandomValues', 'randomUUID']) Reflect.deleteProperty(crypto, name);
  }
}
