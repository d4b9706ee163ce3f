/** An experiment of 200 strategies with long names, as a sweep makes them. */
import type { Results } from '@branchline/evaluation';
import { quickResults } from './fixture.js';
import { sha } from './walk.js';

const WORDS = [
  'peak 4e-3',
  'Lernrate fällt über die letzten sechzig Prozent',
  '学习率在最后百分之六十的步数内下降',
  'скорость обучения',
  'معدل التعلم',
  '🚀 average of twelve',
];

/** A name of more than 60 characters. Names of one kind differ in the middle only. */
export const crowdedName = (kind: string, copy: number): string =>
  copy === 0
    ? kind
    : `${kind}, ${WORDS[copy % WORDS.length]!}, α=0.${String(copy).padStart(3, '0')}, from the release of the version before, all data`;

/** The quick experiment many times over, each time with segments of its own and other losses. */
export function crowdedResults(count = 200): Results {
  const quick = quickResults();
  const copies = Array.from({ length: Math.ceil(count / quick.strategies.length) }, (_, copy) => copy);
  const size = quick.graph.nodes.length;
  const key = (of: string, copy: number) => (copy === 0 ? of : sha(`${of} ${copy}`));
  const strategies = copies
    .flatMap((copy) =>
      quick.strategies.map((strategy, index) => ({
        ...strategy,
        name: crowdedName(strategy.name, copy),
        releases: strategy.releases.map((release) => ({
          ...release,
          checkpoint: key(release.checkpoint, copy),
          loss: release.loss + 0.0021 * ((copy * 7 + index * 3) % 31),
        })),
      })),
    )
    .slice(0, count);
  const names = new Set(strategies.map(({ name }) => name));
  const own = (name: string, copy: number) => [crowdedName(name, copy)].filter((one) => names.has(one));
  return {
    ...quick,
    strategies,
    graph: {
      ...quick.graph,
      segments: quick.graph.segments * copies.length,
      nodes: copies.flatMap((copy) =>
        quick.graph.nodes.map((node) => ({
          ...node,
          id: node.id + copy * size,
          key: key(node.key, copy),
          releases: node.releases.flatMap((release) =>
            own(release.strategy, copy).map((strategy) => ({ ...release, strategy })),
          ),
        })),
      ),
      edges: copies.flatMap((copy) =>
        quick.graph.edges.map((edge) => ({
          ...edge,
          from: edge.from + copy * size,
          to: edge.to + copy * size,
          strategies: edge.strategies.flatMap((name) => own(name, copy)),
        })),
      ),
    },
  };
}
