import { bold, textWidth } from '../format.js';

/** A text of a few lines that belongs to a point. */
export interface PointLabel {
  readonly x: number;
  readonly y: number;
  /** Room the mark itself needs. */
  readonly radius: number;
  readonly lines: readonly { readonly text: string; readonly size: number }[];
}

/** Where a label ended up. `leader` says that it stands far enough away to need a line to its point. */
export interface PlacedLabel<T extends PointLabel> {
  readonly label: T;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly anchor: 'start' | 'end' | 'middle';
  readonly leader: boolean;
}

/** A rectangle in pixels. */
export interface Box {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

const overlap = (a: Box, b: Box) =>
  Math.max(0, Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0)) * Math.max(0, Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0));

/**
 * Places labels around their points so that they cover neither each other nor a mark, an obstacle or the border. Greedy, point
 * by point, nearest places first: enough for a few dozen labels, and the same every time.
 */
export function placeLabels<T extends PointLabel>(
  labels: readonly T[],
  bounds: Box,
  obstacles: readonly Box[] = [],
  gap = 5,
): PlacedLabel<T>[] {
  const taken: Box[] = labels.map(({ x, y, radius }) => ({
    x0: x - radius,
    x1: x + radius,
    y0: y - radius,
    y1: y + radius,
  }));
  const placed: PlacedLabel<T>[] = [];
  for (const [own, label] of labels.entries()) {
    const width = Math.max(...label.lines.map((line) => textWidth(line.text, line.size * bold)));
    const height = label.lines.reduce((sum, line) => sum + line.size * 1.25, 0);
    let best: { cost: number; box: Box; anchor: PlacedLabel<T>['anchor']; leader: boolean } | undefined;
    for (const place of places(label, width, height, gap)) {
      const { box } = place;
      const outside = width * height - overlap(box, bounds);
      const covered = taken.reduce((sum, other, index) => sum + (index === own ? 0 : overlap(box, other)), 0);
      const crossed = obstacles.reduce((sum, other) => sum + overlap(box, other), 0);
      const cost = outside * 30 + covered * 3 + crossed * 2 + place.price;
      if (!best || cost < best.cost - 1e-9) best = { ...place, cost };
    }
    taken.push(best!.box);
    placed.push({ label, x: best!.box.x0, y: best!.box.y0, width, height, anchor: best!.anchor, leader: best!.leader });
  }
  return placed;
}

function* places(label: PointLabel, width: number, height: number, gap: number) {
  const { x, y, radius } = label;
  const box = (x0: number, y0: number): Box => ({ x0, x1: x0 + width, y0, y1: y0 + height });
  for (const [ring, extra] of [0, 14, 28, 44, 62, 84].entries()) {
    const near = radius + gap;
    const far = near + extra * 0.7;
    const price = ring * 60;
    const leader = ring > 0;
    yield { box: box(x + near, y - height / 2), anchor: 'start' as const, price, leader: false };
    if (ring === 0) {
      // Beside the mark and just above or below its middle: clear of a line that runs through it.
      yield { box: box(x + near, y - height - 3), anchor: 'start' as const, price: 4, leader: false };
      yield { box: box(x + near, y + 3), anchor: 'start' as const, price: 8, leader: false };
      yield { box: box(x - near - width, y - height - 3), anchor: 'end' as const, price: 26, leader: false };
      yield { box: box(x - near - width, y + 3), anchor: 'end' as const, price: 24, leader: false };
    } else {
      for (const side of [-1, 1]) {
        yield { box: box(x + far, y - height / 2 + side * extra), anchor: 'start' as const, price: price + 2, leader };
        yield {
          box: box(x - far - width, y - height / 2 + side * extra),
          anchor: 'end' as const,
          price: price + 6,
          leader,
        };
      }
    }
    yield { box: box(x - near - width, y - height / 2), anchor: 'end' as const, price: price + 20, leader: false };
    yield { box: box(x - width / 2, y - near - height - extra), anchor: 'middle' as const, price: price + 10, leader };
    yield { box: box(x - width / 2, y + near + extra), anchor: 'middle' as const, price: price + 12, leader };
  }
}

/** Moves heights apart until neighbours keep their distance, as little as possible, inside the bounds. */
export function spread(heights: readonly number[], distance: number, top: number, bottom: number): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]! || a - b);
  const room = Math.min(distance, order.length > 1 ? (bottom - top) / (order.length - 1) : distance);
  // Runs of labels that touch move as one block around the mean of where its members want to be.
  const blocks: { members: number[]; start: number }[] = [];
  for (const index of order) {
    let block = { members: [index], start: heights[index]! };
    for (
      let last = blocks.at(-1);
      last && last.start + last.members.length * room > block.start;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      const members = [...last.members, ...block.members];
      const wanted = members.reduce((sum, member, place) => sum + heights[member]! - place * room, 0) / members.length;
      block = { members, start: wanted };
    }
    const length = (block.members.length - 1) * room;
    block.start = Math.max(top, Math.min(bottom - length, block.start));
    blocks.push(block);
  }
  const result: number[] = [];
  for (const block of blocks) {
    for (const [place, member] of block.members.entries()) result[member] = block.start + place * room;
  }
  return result;
}
