import { describe, expect, it } from 'vitest';
import { manyResults, quickResults } from '../../test/fixture.js';
import { paretoFront } from './cost-loss.js';
import { layoutGraph } from './graph-layout.js';
import { placeLabels, spread } from './labels.js';
import { averagedPositions, interpolate, smooth } from './polyline.js';

describe('the Pareto front', () => {
  it('has the points that no other point beats, sorted by cost', () => {
    const p = (tokens: number, loss: number) => ({ tokens, loss });
    const points = [p(10, 1.33), p(4, 1.365), p(5.8, 1.291), p(4, 1.304), p(5.8, 1.305)];
    expect(paretoFront(points)).toEqual([p(4, 1.304), p(5.8, 1.291)]);
    expect(paretoFront([p(1, 1), p(1, 1)])).toHaveLength(2);
    expect(paretoFront([])).toEqual([]);
  });
});

describe('labels', () => {
  const bounds = { x0: 0, x1: 400, y0: 0, y1: 300 };

  it('do not overlap if there is room', () => {
    const labels = [40, 44, 50, 150].map((y) => ({ x: 200, y, radius: 5, lines: [{ text: 'a strategy', size: 12 }] }));
    const boxes = placeLabels(labels, bounds);
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
  });

  it('spread as little as possible, in order, inside the bounds', () => {
    expect(spread([10, 50, 100], 16, 0, 200)).toEqual([10, 50, 100]);
    expect(spread([50, 50], 16, 0, 200)).toEqual([42, 58]);
    expect(spread([195, 199, 190], 10, 0, 200)).toEqual([190, 200, 180]);
    // A block that the lower bound pushes up keeps its distance to what is above.
    const pushed = spread([15, ...Array.from({ length: 19 }, () => 198)], 10, 0, 200);
    for (const [index, height] of pushed.slice(1).entries()) {
      expect(height - pushed[index]!).toBeGreaterThan(9.99);
    }
    const tight = spread(
      Array.from({ length: 30 }, () => 5),
      16,
      0,
      100,
    );
    expect(Math.min(...tight)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...tight)).toBeLessThanOrEqual(100.001);
  });
});

describe('polylines', () => {
  it('are interpolated between their points', () => {
    const points = [
      [0, 0],
      [10, 1],
      [20, 1],
    ] as const;
    expect([-5, 5, 10, 15, 99].map((x) => interpolate(points, x))).toEqual([0, 0.5, 1, 1, 1]);
    expect(interpolate([], 3)).toBeUndefined();
  });

  it('keep a constant when smoothed', () => {
    const points = Array.from({ length: 50 }, (_, i) => [i, 2] as const);
    expect(smooth(points)).toEqual(points);
  });
});

describe('the run graph', () => {
  it('finds the checkpoints of an average', () => {
    const { graph, strategies } = quickResults();
    const release = strategies.find((strategy) => strategy.name === 'CMA')!.releases[0]!;
    expect(averagedPositions(graph, release.checkpoint)).toEqual([80, 96, 112, 128, 144, 160]);
  });

  it.each([
    ['quick', quickResults()],
    ['many', manyResults()],
  ])('gives every node its own place (%s)', (_, { graph }) => {
    const layout = layoutGraph(graph, 20);
    expect(layout.nodes).toHaveLength(graph.nodes.length);
    const places = layout.nodes
      .filter(({ node }) => node.kind !== 'reset')
      .map(({ node, lane, above }) => `${lane} ${above} ${node.kind === 'init' ? 'init' : node.position}`);
    expect(new Set(places).size).toBe(places.length);
    expect(layout.lanes).toBeLessThan(12);
  });

  it('puts branches that follow one another on one lane, and a carried path on its own', () => {
    const { graph, strategies } = quickResults();
    const layout = layoutGraph(graph, 20);
    const laneOf = (name: string, version: number) => {
      const key = strategies.find((s) => s.name === name)!.releases.find((r) => r.version === version)!.checkpoint;
      return layout.nodes.find(({ node }) => node.key === key)!.lane;
    };
    expect(laneOf('path switching', 1)).toBe(laneOf('path switching', 3));
    expect(laneOf('continual', 2)).toBe(laneOf('continual', 4));
    expect(laneOf('from scratch', 2)).not.toBe(laneOf('from scratch', 3));
  });

  it('lays out a graph with nothing but fresh weights', () => {
    const node = { id: 0, key: 'k', kind: 'init', position: 0, seed: 1, releases: [] } as const;
    const layout = layoutGraph({ nodes: [node], edges: [] }, 10);
    expect(layout.nodes).toHaveLength(1);
    expect(layout.lanes).toBe(0);
  });
});

it('covers no mark with a label if there is room', () => {
  // The quick experiment after version 3, in a small panel: a long name on a crowded line.
  const lines = (text: string) => [{ text, size: 12 }];
  const labels = [
    { x: 206, y: 158, radius: 4, lines: lines('from scratch') },
    { x: 122, y: 112, radius: 4, lines: lines('continual') },
    { x: 154, y: 156, radius: 4, lines: lines('path switching') },
    { x: 122, y: 164, radius: 4, lines: lines('path switching + averaging') },
  ];
  const front = [{ x0: 122, x1: 330, y0: 162, y1: 166 }];
  const placed = placeLabels(labels, { x0: 42, x1: 340, y0: 0, y1: 184 }, front);
  for (const { label, x, y, width, height } of placed) {
    const covered = labels.filter(
      (other) => other !== label && other.x > x && other.x < x + width && other.y > y && other.y < y + height,
    );
    expect(covered.map(({ lines: [name] }) => name!.text)).toEqual([]);
    const hidden = placed.filter(
      (other) =>
        other.label !== label &&
        Math.min(x + width, other.x + other.width) - Math.max(x, other.x) > 0.5 &&
        Math.min(y + height, other.y + other.height) - Math.max(y, other.y) > 0.5,
    );
    expect(hidden).toEqual([]);
  }
});
