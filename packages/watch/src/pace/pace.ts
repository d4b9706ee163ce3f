/** How fast a run is, and how long the rest takes: from what it did so far, and from earlier training like it. */

/** Time that is left. */
export interface TimeLeft {
  readonly seconds: number;
  /** What decides most of it. */
  readonly from: 'this run' | 'earlier entries';
}

/** The own pace counts after so long, in milliseconds, and after so many moments with news. */
const LEAST_MS = 2_000;
const LEAST_NEWS = 3;
/** After so many milliseconds, the own pace decides as much as the earlier one; after ten times as many, alone. */
const TRUST_MS = 10_000;
/** The pace is that of the latest part of the run: of half of it, and of a minute at least. */
const WINDOW_MS = 60_000;
const WINDOW_SHARE = 0.5;
/** What is called "lately". */
const LATELY_MS = 10_000;
/** A longer silence is a pause: a machine that slept, or a process that was stopped. */
const PAUSE_MS = 300_000;
/** Unless news always come so far apart: this many times the usual distance. */
const PAUSE_TIMES = 4;
/** The first distances do not count while they are this many times the usual one: programs are compiled. */
const COMPILES_TIMES = 8;
const MOST_COMPILED = 4;
/** Moments from which the usual distance is known. */
const LEAST_KNOWN = 6;
/** Moments that are remembered. */
const MOST_SAMPLES = 512;
/** News that come closer together than this are one moment, in milliseconds. */
const MOMENT_MS = 100;

/** A moment with news: active time and tokens until then. */
interface Sample {
  /** As the caller's clock had it. */
  readonly at: number;
  /** Milliseconds without pauses since the first moment. */
  readonly active: number;
  readonly tokens: number;
}

/** The pace of one run. It has no clock of its own. */
export class Pace {
  #samples: Sample[] = [];
  #tokens = 0;
  /** First moments that do not count. */
  #compiled = 0;

  /** `earlier`: tokens per second of earlier training of the same kind on the same device, if there was any. */
  constructor(readonly earlier?: number) {}

  /** Tokens were trained, by any lane. `now`: milliseconds of a clock that is the same in all calls. */
  trained(now: number, tokens: number): void {
    if (!(tokens > 0) || !Number.isFinite(now)) return;
    this.#tokens += tokens;
    const [last, before] = [this.#samples.at(-1), this.#samples.at(-2)];
    // A clock that was set back stands still until then.
    const at = Math.max(now, last?.at ?? now);
    if (last === undefined) {
      this.#samples.push({ at, active: 0, tokens: this.#tokens });
      return;
    }
    const active = last.active + Math.min(at - last.at, this.#longest());
    const sample = { at, active, tokens: this.#tokens };
    if (before !== undefined && at - before.at < MOMENT_MS) this.#samples[this.#samples.length - 1] = sample;
    else this.#samples.push(sample);
    this.#forgetCompiling();
    if (this.#samples.length > MOST_SAMPLES) this.#thin();
  }

  /** Tokens per second lately; undefined before it is known and while nothing is trained. */
  speed(now: number): number | undefined {
    const last = this.#samples.at(-1);
    if (last === undefined || now - last.at > this.#longest()) return undefined;
    return this.#speedSince(last.active - LATELY_MS, now);
  }

  /**
   * Time for so many more tokens; undefined while nothing is known, in a pause, and when nothing is left. Includes
   * evaluations and everything else that took time so far.
   */
  left(now: number, tokens: number): TimeLeft | undefined {
    if (!(tokens > 0)) return undefined;
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.at > this.#longest()) return undefined;
    const own = this.#own(now);
    const earlier = this.earlier !== undefined && this.earlier > 0 ? this.earlier : undefined;
    if (own === undefined) {
      return earlier === undefined ? undefined : { seconds: tokens / earlier, from: 'earlier entries' };
    }
    const trust = earlier === undefined ? 1 : 1 - 1 / (1 + (own.active / TRUST_MS) ** 2);
    // The mean of logarithms: a pace that is wrong by a factor of a hundred is soon forgotten.
    const speed = own.speed ** trust * (earlier ?? own.speed) ** (1 - trust);
    return { seconds: tokens / speed, from: trust >= 0.5 ? 'this run' : 'earlier entries' };
  }

  /** The pace of the latest part of the run. Its first moment only begins it: the first step can take long. */
  #own(now: number): { readonly speed: number; readonly active: number } | undefined {
    const last = this.#samples.at(-1);
    if (last === undefined) return undefined;
    const active = last.active + Math.max(0, now - last.at);
    if (this.#samples.length < LEAST_NEWS || last.active < LEAST_MS) return undefined;
    const speed = this.#speedSince(last.active - Math.max(WINDOW_MS, WINDOW_SHARE * active), now);
    return speed === undefined ? undefined : { speed, active };
  }

  /** Tokens per second from the last moment before an active time, until now or the last moment: what is slower. */
  #speedSince(active: number, now: number): number | undefined {
    const last = this.#samples.at(-1)!;
    const index = this.#samples.findLastIndex((sample) => sample.active <= active);
    const first = this.#samples[Math.max(0, index)]!;
    if (last.active - first.active <= 0) return undefined;
    // A silence counts as soon as it is longer than usual.
    const silence = Math.max(0, now - last.at - this.#usual());
    return (1000 * (last.tokens - first.tokens)) / (last.active - first.active + silence);
  }

  #forgetCompiling(): void {
    const { length } = this.#samples;
    if (length < LEAST_KNOWN || this.#compiled >= MOST_COMPILED) return;
    const [first, second] = [this.#samples[0]!, this.#samples[1]!];
    if (second.active - first.active <= COMPILES_TIMES * this.#usual()) return;
    this.#samples.shift();
    this.#compiled++;
  }

  /** The usual distance of two moments: the median of the latest. */
  #usual(): number {
    const latest = this.#samples.slice(-16);
    const distances = latest.slice(1).map(({ active }, index) => active - latest[index]!.active);
    return distances.sort((a, b) => a - b)[distances.length >> 1] ?? 0;
  }

  #longest(): number {
    return Math.max(PAUSE_MS, PAUSE_TIMES * this.#usual());
  }

  /** Drops every second moment of the older half. */
  #thin(): void {
    const half = MOST_SAMPLES / 2;
    this.#samples = this.#samples.filter((_, index) => index >= half || index % 2 === 0);
  }
}
