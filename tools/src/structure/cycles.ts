import { dirname, join } from 'node:path/posix';

/** For each file of a package, the files that it imports. Paths are relative to `src/`. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Files that import each other, directly or through others. */
export function fileCycles(imports: Imports): readonly (readonly string[])[] {
  return cycles(imports.keys(), (file) => imports.get(file) ?? []);
}

/**
 * Folders that import each other, level by level: an import from `a/b/x.ts` to `a/c/d/y.ts` means that `a/b` imports
 * `a/c`. A file next to a folder counts as a folder of its own, so that every folder may import a root file.
 */
export function folderCycles(imports: Imports): readonly (readonly string[])[] {
  const levels = new Map<string, Map<string, Set<string>>>();
  for (const [from, targets] of imports) {
    for (const to of targets) {
      const { level, ends } = part(from, to);
      const edges = levels.get(level) ?? new Map<string, Set<string>>();
      levels.set(level, edges);
      const [near, far] = ends;
      if (near !== far) edges.set(near, (edges.get(near) ?? new Set()).add(far));
    }
  }
  const all = [...levels.values()].flatMap((edges) => cycles(edges.keys(), (node) => [...(edges.get(node) ?? [])]));
  // fileCycles finds cycles of files alone.
  return all.filter((members) => members.some((member) => !member.endsWith('.ts')));
}

/** The deepest common folder of two files, and its child on the way to each. */
function part(from: string, to: string): { readonly level: string; readonly ends: readonly [string, string] } {
  const [one, other] = [from.split('/'), to.split('/')];
  let depth = 0;
  while (depth < dirname(from).split('/').length && one[depth] === other[depth] && depth < other.length - 1) depth++;
  return {
    level: one.slice(0, depth).join('/'),
    ends: [join(...one.slice(0, depth + 1)), join(...other.slice(0, depth + 1))],
  };
}

/** Strongly connected components of two nodes or more, by Tarjan's algorithm; members and components are sorted. */
function cycles(nodes: Iterable<string>, next: (node: string) => readonly string[]): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const to of next(node)) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(node, Math.min(low.get(node)!, low.get(to)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const members = stack.splice(stack.indexOf(node));
    if (members.length > 1) found.push(members.sort());
  };
  for (const node of nodes) if (!index.has(node)) visit(node);
  return found.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}
