import { describe, expect, inject, it } from 'vitest';
import { BASE, coordinatesAfter } from './coordinates.js';

const all = [...[64, 256].map((width) => ({ ...BASE, width })), { ...BASE, layers: 4 }, { width: 64, layers: 4 }];
const sizes = [{ ...BASE, width: 128 }, { ...BASE, layers: 8 }, ...(inject('full') ? all : [])];

/** Ratios of a size to the base: of the change of the last residual stream, and of that of the logits. */
async function ratios(rule: Parameters<typeof coordinatesAfter>[0]) {
  const base = (await coordinatesAfter(rule, BASE)).coordinates;
  const found = new Map<string, { readonly stream: number; readonly logits: number }>();
  for (const size of sizes) {
    const { stream, logits } = (await coordinatesAfter(rule, size)).coordinates;
    found.set(`${size.width}x${size.layers}`, {
      stream: stream.at(-1)!.change / base.stream.at(-1)!.change,
      logits: logits.change / base.logits.change,
    });
  }
  return found;
}

describe('activations after a few steps', { timeout: 120_000 }, () => {
  it('change alike at every width and depth under CompleteP and Complete(d)P', async () => {
    for (const rule of inject('full') ? (['completep', 'completed-p'] as const) : (['completed-p'] as const)) {
      for (const [size, { stream, logits }] of await ratios(rule)) {
        expect(Math.abs(Math.log(stream)), `${rule} ${size}`).toBeLessThan(Math.log(1.1));
        expect(Math.abs(Math.log(logits)), `${rule} ${size}`).toBeLessThan(Math.log(1.25));
      }
    }
  });

  it('change more with width and with depth under standard parametrization', async () => {
    const found = await ratios('standard');
    expect(found.get('128x2')!.stream).toBeGreaterThan(3);
    expect(found.get('128x2')!.logits).toBeGreaterThan(2);
    expect(found.get('32x8')!.stream).toBeGreaterThan(1.4);
  });
});
