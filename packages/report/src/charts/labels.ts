import { bold, textWidth } from '../format.js';

/** A label of a few lines for a point. */
export interface PointLabel {
  readonly x: number;
  readonly y: number;
  /** Radius of the mark, in pixels. */
  readonly radius: number;
  readonly lines: readonly { readonly text: string; readonly size: number }[];
}

/** A label with its place. `leader` is true if it is so far away that it needs a line to its point. */
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

const grown = ({ x0, x1, y0, y1 }: Box, by: number): Box => ({ x0: x0 - by, x1: x1 + by, y0: y0 - by, y1: y1 + by });

/** Rounds of placement. In the first, a label sees only the labels before it; later it sees all others. */
const ROUNDS = 3;

/**
 * Places labels around their points so that they do not overlap each other, a mark, an obstacle or the border. Greedy
 * and deterministic: tries the nearest places first, in several orders of labels, and keeps the best result. Suitable
 * for a few dozen labels.
 */
export function placeLabels<T extends PointLabel>(
  labels: readonly T[],
  bounds: Box,
  obstacles: readonly Box[] = [],
  gap = 5,
): PlacedLabel<T>[] {
  const sized = labels.map((label): Sized<T> => {
    const { x, y, radius, lines } = label;
    const width = Math.max(...lines.map((line) => textWidth(line.text, line.size * bold)));
    const height = lines.reduce((sum, line) => sum + line.size * 1.25, 0);
    const mark = { x0: x - radius, x1: x + radius, y0: y - radius, y1: y + radius };
    const choices = [...places(label, width, height, gap)].map((place) => {
      const outside = width * height - overlap(place.box, bounds);
      const crossed = obstacles.reduce((sum, other) => sum + overlap(place.box, other), 0);
      return { ...place, price: place.price + outside * 30 + crossed * 2 };
    });
    return { label, width, height, mark, choices };
  });
  const inOrder = labels.map((_, index) => index);
  const orders = [
    inOrder,
    [...inOrder].reverse(),
    // The longest labels have the fewest possible places.
    [...inOrder].sort((a, b) => sized[b]!.width - sized[a]!.width || a - b),
    [...inOrder].sort((a, b) => labels[b]!.y - labels[a]!.y || a - b),
  ];
  const tries = orders.map((order) => arrange(sized, order));
  const best = tries.reduce((a, b) => (b.cost < a.cost - 1e-9 ? b : a));
  return sized.map(({ label, width, height }, index) => {
    const { box, anchor, leader } = best.chosen[index]!;
    return { label, x: box.x0, y: box.y0, width, height, anchor, leader };
  });
}

interface Place {
  readonly box: Box;
  readonly anchor: 'start' | 'end' | 'middle';
  readonly price: number;
  readonly leader: boolean;
}

interface Sized<T> {
  readonly label: T;
  readonly width: number;
  readonly height: number;
  readonly mark: Box;
  readonly choices: readonly Place[];
}

/** Gives every label the cheapest place, given the places of the others. */
function arrange(labels: readonly Sized<unknown>[], order: readonly number[]) {
  const chosen: Place[] = [];
  const costOf = (own: number, { box, price }: Place) =>
    labels.reduce((sum, { mark }, index) => {
      if (index === own) return sum;
      const other = chosen[index];
      // A label must not hide another mark, nor be so close that it reads as that mark's name.
      const marks = overlap(box, mark) * 12 + overlap(grown(box, 4), mark);
      return sum + marks + (other === undefined ? 0 : overlap(box, other.box) * 3);
    }, price);
  for (let round = 0; round < ROUNDS; round++) {
    for (const own of order) {
      let [best, least] = [labels[own]!.choices[0]!, Number.POSITIVE_INFINITY];
      for (const place of labels[own]!.choices) {
        const cost = costOf(own, place);
        if (cost < least - 1e-9) [best, least] = [place, cost];
      }
      chosen[own] = best;
    }
  }
  return { chosen, cost: order.reduce((sum, own) => sum + costOf(own, chosen[own]!), 0) };
}

function* places(label: PointLabel, width: number, height: number, gap: number): Generator<Place> {
  const { x, y, radius } = label;
  const box = (x0: number, y0: number): Box => ({ x0, x1: x0 + width, y0, y1: y0 + height });
  for (const [ring, extra] of [0, 14, 28, 44, 62, 84].entries()) {
    const near = radius + gap;
    const far = near + extra * 0.7;
    const price = ring * 60;
    const leader = ring > 0;
    yield { box: box(x + near, y - height / 2), anchor: 'start' as const, price, leader: false };
    if (ring === 0) {
      // To the right of the mark, slightly above or below its centre, to avoid a line that runs through it.
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

/** Moves heights apart as little as possible, so that neighbours keep their distance and stay within the bounds. */
export function spread(heights: readonly number[], distance: number, top: number, bottom: number): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[a]! - heights[b]! || a - b);
  const room = Math.min(distance, order.length > 1 ? (bottom - top) / (order.length - 1) : distance);
  // Labels that touch form a block, centred at the mean of the preferred heights of its members.
  const blocks: { members: number[]; start: number }[] = [];
  // Within the bounds before blocks are compared: the bounds can push a block onto its neighbour.
  const blockAt = (members: number[], wanted: number) => ({
    members,
    start: Math.max(top, Math.min(bottom - (members.length - 1) * room, wanted)),
  });
  for (const index of order) {
    let block = blockAt([index], heights[index]!);
    for (
      let last = blocks.at(-1);
      last && last.start + last.members.length * room > block.start + 1e-9;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      const members = [...last.members, ...block.members];
      const wanted = members.reduce((sum, member, place) => sum + heights[member]! - place * room, 0) / members.length;
      block = blockAt(members, wanted);
    }
    blocks.push(block);
  }
  const result: number[] = [];
  for (const block of blocks) {
    for (const [place, member] of block.members.entries()) result[member] = block.start + place * room;
  }
  return result;
}
