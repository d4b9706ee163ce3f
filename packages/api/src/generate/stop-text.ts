/** Ends a stream of text before the first of some texts, which can arrive in pieces. */
export class StopText {
  /** The beginning of what may become a stop. */
  #held = '';

  constructor(private readonly stops: readonly string[]) {}

  /** What can be shown now, and whether the text ends after it. */
  push(piece: string): { readonly text: string; readonly isStopped: boolean } {
    const text = this.#held + piece;
    const found = this.stops.map((stop) => text.indexOf(stop)).filter((index) => index !== -1);
    if (found.length > 0) {
      this.#held = '';
      return { text: text.slice(0, Math.min(...found)), isStopped: true };
    }
    const held = Math.max(0, ...this.stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - held);
    return { text: text.slice(0, text.length - held), isStopped: false };
  }

  /** What was held back. */
  end(): string {
    return this.#held;
  }
}

/** Length of the longest end of a text that a stop begins with. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
