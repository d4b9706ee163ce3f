import type { Results } from '@branchline/evaluation';
import { z } from 'zod';
import { resultsSchema } from './schema.js';

/** A problem of a `results.json`. */
export interface ResultsProblem {
  /** Where, e.g. `strategies[2].releases[0].loss`; empty for the whole document. */
  readonly path: string;
  readonly message: string;
}

/** Lists all problems of a `results.json`. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';

  constructor(readonly problems: readonly ResultsProblem[]) {
    const lines = problems.map(({ path, message }) => `  ${path === '' ? '(document)' : path}: ${message}`);
    super(
      `results.json has ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}:\n${lines.join('\n')}`,
    );
  }
}

/**
 * Checks a parsed `results.json` against the schema, then checks that names and indices refer to existing items. Throws
 * a {@link ResultsError} with every problem.
 */
export function parseResults(json: unknown): Results {
  if (isTooDeep(json)) throw new ResultsError([{ path: '', message: 'lists and objects are nested too deeply' }]);
  const parsed = safeParse(json);
  if (!parsed.success) {
    throw new ResultsError(
      parsed.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) => ({ path: dotted([...issue.path, key]), message: 'unknown key' }))
          : [{ path: dotted(issue.path), message: issue.message }],
      ),
    );
  }
  const problems = danglingReferences(parsed.data);
  if (problems.length > 0) throw new ResultsError(problems);
  return parsed.data;
}

/** Parses, and reports errors that zod throws itself, e.g. for an object with an invalid `length`. */
function safeParse(json: unknown): ReturnType<typeof resultsSchema.safeParse> {
  try {
    return resultsSchema.safeParse(json);
  } catch (cause) {
    throw new ResultsError([{ path: '', message: `cannot be read: ${(cause as Error).message}` }]);
  }
}

/**
 * Maximum nesting depth. Results have about six levels, options a few more; recursion over many more overflows the
 * stack.
 */
const DEEPEST = 100;

function isTooDeep(json: unknown): boolean {
  let level: readonly unknown[] = [json];
  for (let depth = 0; depth <= DEEPEST; depth++) {
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}

const dotted = (path: readonly PropertyKey[]): string => z.core.toDotPath([...path]);

function danglingReferences(results: Results): ResultsProblem[] {
  const problems: ResultsProblem[] = [];
  const say = (path: string, message: string) => problems.push({ path, message });
  const quoted = (names: Iterable<string>) => [...names].map((name) => JSON.stringify(name)).join(', ');

  const names = new Set<string>();
  const seen = new Set<string>();
  for (const [index, { name, seed }] of results.strategies.entries()) {
    const own = `${seed} ${name}`;
    if (seen.has(own)) say(`strategies[${index}].name`, `another strategy is named ${JSON.stringify(name)} too`);
    if (!results.seeds.includes(seed)) say(`strategies[${index}].seed`, `seeds has no seed ${seed}`);
    seen.add(own);
    names.add(name);
  }
  if (!names.has(results.baseline)) {
    say('baseline', `no strategy is named ${JSON.stringify(results.baseline)}; there are ${quoted(names)}`);
  }
  const versions = new Set(results.data.versions.map((version) => version.index));
  const version = (path: string, index: number) => {
    if (!versions.has(index)) say(path, `data.versions has no version ${index}`);
  };
  for (const [s, strategy] of results.strategies.entries()) {
    for (const [r, release] of strategy.releases.entries()) {
      version(`strategies[${s}].releases[${r}].version`, release.version);
    }
    for (const [p, path] of strategy.paths.entries()) version(`strategies[${s}].paths[${p}].version`, path.version);
  }
  // The graph is that of the plan: it also has what only failed strategies need.
  const planned = new Set([...names, ...results.failures.flatMap(({ strategies }) => strategies)]);
  const { nodes, edges } = results.graph;
  for (const [n, node] of nodes.entries()) {
    if (node.id !== n) say(`graph.nodes[${n}].id`, `must be ${n}, its index`);
    for (const [r, release] of node.releases.entries()) {
      const at = `graph.nodes[${n}].releases[${r}]`;
      if (!planned.has(release.strategy))
        say(`${at}.strategy`, `no strategy is named ${JSON.stringify(release.strategy)}`);
      version(`${at}.version`, release.version);
    }
  }
  for (const [e, edge] of edges.entries()) {
    for (const end of ['from', 'to'] as const) {
      if (edge[end] >= nodes.length) say(`graph.edges[${e}].${end}`, `graph.nodes has no node ${edge[end]}`);
    }
    for (const [s, name] of edge.strategies.entries()) {
      if (!planned.has(name)) say(`graph.edges[${e}].strategies[${s}]`, `no strategy is named ${JSON.stringify(name)}`);
    }
  }
  return problems;
}
