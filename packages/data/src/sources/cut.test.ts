import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutAtLineEnds } from './cut.js';

test('pieces cover the text, fit the limit and end at line ends or between characters', () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'ä', '€', '🙂'), maxLength: 30 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.integer({ min: 4, max: 60 }), (lines, limit) => {
      const bytes = Buffer.from(lines.join('\n'), 'utf8');
      const pieces = cutAtLineEnds(bytes, limit);
      const texts = pieces.map(([start, end]) => bytes.subarray(start, end));
      expect(Buffer.concat(texts).equals(bytes)).toBe(true);
      for (const piece of texts) {
        expect(piece.length).toBeGreaterThan(0);
        expect(piece.length).toBeLessThanOrEqual(limit);
        // A cut inside a character would decode to replacement characters.
        expect(Buffer.from(piece.toString('utf8'), 'utf8').equals(piece)).toBe(true);
      }
      for (const piece of texts.slice(0, -1))
        if (piece.includes(10) && !piece.subarray(-1).includes(10)) expect.fail('cut inside a line that would fit');
    }),
  );
});
