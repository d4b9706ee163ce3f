/**
 * `logging.json` of a run directory: which track each step of the run graph belongs to. It makes tracks stable: when a
 * strategy is added, steps that another strategy trains too stay where they were logged.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ExperimentPlan,
  isPlainObject,
  type LogTrack,
  type PathUse,
  pathsOf,
  pathUses,
  rootOf,
  type Segment,
  stepsSinceRoot,
  writeFileAtomic,
} from '@branchline/core';
import { type Covered, coverage, keyAt, type Stretch } from './cover.js';

const FILE = 'logging.json';

/** Steps of a track. */
interface Piece extends Stretch {
  readonly track: string;
}

interface Content {
  readonly format: 1;
  /** Names the run directory. */
  readonly run: string;
  readonly pieces: readonly Piece[];
}

/** Steps of a segment that belong to a track. Positions count from the root of the segment. */
export interface Place {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number;
}

/** A track of steps and where they are in the run graph, in order. */
export interface PlannedTrack {
  readonly track: LogTrack;
  readonly places: readonly Place[];
}

/** Assigns the steps of plans to tracks. */
export class TrackBook {
  #content: Content;

  private constructor(
    private readonly directory: string,
    content: Content,
    private readonly isKept: boolean,
  ) {
    this.#content = content;
  }

  /** Opens the book of a run directory. A damaged one is begun again. */
  static open(directory: string): Promise<TrackBook> {
    return TrackBook.#read(directory, true);
  }

  /** The book of a run directory for reading: tracks that are new to it are not written. */
  static look(directory: string): Promise<TrackBook> {
    return TrackBook.#read(directory, false);
  }

  static async #read(directory: string, isKept: boolean): Promise<TrackBook> {
    const read = await readFile(join(directory, FILE), 'utf8').then(
      (text) => contentOf(text),
      () => undefined,
    );
    return new TrackBook(directory, read ?? { format: 1, run: randomUUID(), pieces: [] }, isKept);
  }

  get run(): string {
    return this.#content.run;
  }

  /** The tracks of a plan; parents come before their branches. New ones are written to an open book. */
  async tracksOf(plan: ExperimentPlan): Promise<readonly PlannedTrack[]> {
    const { graph } = plan;
    const known = coverage(graph, this.#content.pieces);
    const uses = usesOf(plan);
    const keys = new Set(this.#content.pieces.map(({ key }) => key));
    const names = new Set(this.#content.pieces.map(({ track }) => track));
    const added: Piece[] = [];
    /** Track of the last step before the end of each segment. */
    const ends = new Map<Segment, string>();
    const found = new Map<string, { first: Use; parent: LogTrack['parent']; places: Place[]; by: Set<string> }>();
    for (const segment of graph.segments()) {
      const begin = stepsSinceRoot(segment.from);
      const root = rootOf(segment.from);
      const own = uses.get(segment) ?? [];
      let before = lastBefore(segment, ends);
      for (const { from, to, name } of piecesOf(segment, known.get(segment) ?? [], own)) {
        const use = useAt(own, root.position + from);
        let track = name;
        if (track === undefined) {
          const wanted = nameOf(use);
          track = before?.track === wanted ? wanted : freeName(wanted, names);
          names.add(track);
        }
        // Also where a new plan cuts a piece: a later one may have only the part before.
        const key = keyAt(segment, to, graph);
        if (!keys.has(key)) added.push({ track, root: root.key, begin: from, end: to, key });
        const position = root.position + from;
        const one = found.get(track) ?? {
          ...{ first: use, places: [], by: new Set<string>() },
          parent: before && { track: before.track, position: Math.min(position, before.position) },
        };
        one.places.push({ segment, from, to });
        for (const strategy of segment.strategies) one.by.add(strategy);
        found.set(track, one);
        before = { track, position: root.position + to };
      }
      if (before !== undefined && stepsSinceRoot(segment.to) > begin) ends.set(segment, before.track);
    }
    if (added.length > 0 || this.#content.pieces.length === 0) {
      this.#content = { ...this.#content, pieces: [...this.#content.pieces, ...added] };
      if (this.isKept) await writeFileAtomic(join(this.directory, FILE), `${JSON.stringify(this.#content)}\n`);
    }
    return [...found].map(([name, { first, parent, places, by }]) => {
      const { strategy, seed, version, path } = placeIn(name) ?? first;
      const [begin, last] = [places[0]!, places.at(-1)!];
      const track: LogTrack = {
        ...{ kind: 'path', name, strategy, seed, version, path },
        begin: rootOf(begin.segment.from).position + begin.from,
        ...(parent && { parent }),
        key: keyAt(last.segment, last.to, graph),
        strategies: [...by],
      };
      return { track, places };
    });
  }
}

/** The track of the releases of a strategy. */
export function releaseTrack(strategy: string, seed: number): LogTrack {
  const name = `${strategy}/seed-${seed}/releases`;
  return { kind: 'releases', name, strategy, seed, begin: 0, strategies: [strategy] };
}

/** A use of a segment by a path of a strategy. */
interface Use extends PathUse {
  readonly strategy: string;
  readonly seed: number;
}

/** The uses of every segment, in the order of the strategies. */
function usesOf({ strategies, open, graph }: ExperimentPlan): ReadonlyMap<Segment, readonly Use[]> {
  const laid = [...strategies.map(({ strategy, versions }) => ({ strategy, paths: pathsOf(versions) })), ...open];
  const uses = new Map<Segment, Use[]>();
  for (const { strategy, paths } of laid) {
    const { name, seed } = strategy;
    for (const [segment, own] of pathUses(paths, graph)) {
      const all = uses.get(segment) ?? [];
      all.push(...own.map((use) => ({ ...use, strategy: name, seed })));
      uses.set(segment, all);
    }
  }
  return uses;
}

/** The first use that has the step after `position`. */
const useAt = (uses: readonly Use[], position: number): Use => uses.find(({ end }) => position < end) ?? uses.at(-1)!;

/** A segment in pieces: those of known tracks, and the others by their first use. */
function piecesOf(
  segment: Segment,
  known: readonly Covered<Piece>[],
  uses: readonly Use[],
): readonly { readonly from: number; readonly to: number; readonly name?: string }[] {
  const offset = rootOf(segment.from).position;
  const pieces: { from: number; to: number; name?: string }[] = [];
  let at = stepsSinceRoot(segment.from);
  const fill = (end: number) => {
    while (at < end && uses.length > 0) {
      const use = useAt(uses, offset + at);
      const to = use.end - offset > at ? Math.min(end, use.end - offset) : end;
      pieces.push({ from: at, to });
      at = to;
    }
  };
  for (const { from, to, stretch } of known) {
    fill(from);
    pieces.push({ from, to, name: stretch.track });
    at = to;
  }
  fill(stepsSinceRoot(segment.to));
  return pieces;
}

/** The track with the last step before a segment, and the steps until then. Of an average, that of its first part. */
function lastBefore(segment: Segment, ends: ReadonlyMap<Segment, string>) {
  let node = segment.from;
  while (node.incoming === undefined && node.sources.length > 0) node = node.sources[0]!.node;
  const track = node.incoming && ends.get(node.incoming);
  return track === undefined ? undefined : { track, position: node.position };
}

const nameOf = ({ strategy, seed, version, path }: Use) => `${strategy}/seed-${seed}/v${version}-${path}`;

/** Steps with another history than those of a track need another name. */
function freeName(wanted: string, names: ReadonlySet<string>): string {
  for (let count = 2, name = wanted; ; count++) {
    if (!names.has(name)) return name;
    name = `${wanted}~${count}`;
  }
}

function placeIn(name: string) {
  const parts = /^(.*)\/seed-(\d+)\/v(\d+)-(.*?)(~\d+)?$/s.exec(name);
  if (parts === null) return undefined;
  const [, strategy, seed, version, path] = parts as unknown as [string, string, string, string, string];
  return { strategy, seed: Number(seed), version: Number(version), path };
}

function contentOf(text: string): Content | undefined {
  try {
    const content: unknown = JSON.parse(text);
    const sound =
      isPlainObject(content) &&
      content.format === 1 &&
      typeof content.run === 'string' &&
      Array.isArray(content.pieces) &&
      content.pieces.every(
        (piece) =>
          isPlainObject(piece) &&
          [piece.track, piece.root, piece.key].every((value) => typeof value === 'string') &&
          [piece.begin, piece.end].every((value) => Number.isSafeInteger(value)),
      );
    return sound ? (content as unknown as Content) : undefined;
  } catch {
    return undefined;
  }
}
