import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StopText } from './stop-text.js';

/** What is shown of pieces, and after which of them it ends. */
function shown(stops: readonly string[], pieces: readonly string[]) {
  const stop = new StopText(stops);
  let text = '';
  for (const [index, piece] of pieces.entries()) {
    const next = stop.push(piece);
    text += next.text;
    if (next.isStopped) return { text, after: index };
  }
  return { text: text + stop.end(), after: undefined };
}

it('ends before the first stop, however it is cut, and shows nothing that could begin one', () => {
  expect(shown(['\n\n'], ['a\n', 'b\n', '\nc'])).toEqual({ text: 'a\nb', after: 2 });
  expect(shown(['cd', 'bc'], ['abcd'])).toEqual({ text: 'a', after: 0 });
  expect(new StopText(['end']).push('the e')).toEqual({ text: 'the ', isStopped: false });
  expect(new StopText(['aab']).push('aa')).toEqual({ text: '', isStopped: false });
  expect(new StopText([]).push('aa')).toEqual({ text: 'aa', isStopped: false });
});

it('shows the text before the first stop in it, for any text and cuts', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 6 }),
      fc.array(
        text.filter((stop) => stop !== ''),
        { maxLength: 3 },
      ),
      (pieces, stops) => {
        const found = shown(stops, pieces);
        const whole = pieces.slice(0, found.after === undefined ? undefined : found.after + 1).join('');
        const ends = stops.map((stop) => whole.indexOf(stop)).filter((index) => index !== -1);
        expect(found.after !== undefined).toBe(ends.length > 0);
        expect(found.text).toBe(ends.length > 0 ? whole.slice(0, Math.min(...ends)) : whole);
      },
    ),
    { seed: 1, numRuns: 1000 },
  );
});
