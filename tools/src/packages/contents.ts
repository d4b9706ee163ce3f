import { posix } from 'node:path';

/** Texts of a package's files by path in the package: `dist/index.js`. */
export type Contents = ReadonlyMap<string, string>;

const REQUIRED = ['package.json', 'README.md', 'LICENSE'];
/** Not the templates of new plugins and trainers, which have tests. */
const TEST = /(^|\/)tests?\/|\.test(-d)?\.\w+$|(^|\/)(conftest|test_[^/]*)\.py$/;
const LEFTOVER = /(^|\/)(\.tsbuildinfo|__pycache__|\.[^/]*_cache|node_modules|coverage)(\/|$)|\.tgz$|\.pyc$/;
const MAP_COMMENT = /^\/\/# sourceMappingURL=(\S+)\s*$/m;

/**
 * What is wrong with the files of a package: no license or README, tests, leftovers of tools, source maps that are not
 * there or name sources that are not there, and paths of the machine that built it. `machine` has the beginnings of
 * such paths.
 */
export function contentProblems(files: Contents, machine: readonly string[]): readonly string[] {
  const problems = REQUIRED.filter((path) => !files.has(path)).map((path) => `has no ${path}`);
  for (const [path, text] of files) {
    if (TEST.test(path)) problems.push(`has a test: ${path}`);
    if (LEFTOVER.test(path)) problems.push(`has ${path}`);
    const found = machine.find((prefix) => text.includes(prefix));
    if (found !== undefined) problems.push(`${path} has a path of this machine: ${found}`);
    const map = path.endsWith('.js') ? MAP_COMMENT.exec(text)?.[1] : undefined;
    if (map !== undefined && !map.startsWith('data:') && !files.has(pathFrom(path, map))) {
      problems.push(`${path} has a source map that is not there: ${map}`);
    }
    if (path.endsWith('.map')) problems.push(...mapProblems(files, path, text));
  }
  return problems;
}

function mapProblems(files: Contents, path: string, text: string): readonly string[] {
  const map = JSON.parse(text) as {
    sources: readonly string[];
    sourceRoot?: string;
    sourcesContent?: readonly unknown[];
  };
  return map.sources
    .filter((_, index) => typeof map.sourcesContent?.[index] !== 'string')
    .filter((source) => !files.has(pathFrom(path, posix.join(map.sourceRoot ?? '', source))))
    .map((source) => `${path} maps to a file that is not there: ${source}`);
}

/** A relative path from a file, as a path in the package. */
function pathFrom(file: string, relative: string): string {
  return posix.normalize(posix.join(posix.dirname(file), relative));
}
