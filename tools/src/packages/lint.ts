import { readFileSync } from 'node:fs';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { filterProblems, problemKindInfo } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { contentProblems } from './contents.js';
import type { Packed } from './stage.js';

/** How users of packages that are ES modules resolve them. They are not for `require`, nor for Node 10. */
const RESOLUTIONS = ['node16-esm', 'bundler'] as const;

/** What is wrong with a tarball: its files, publint (warnings are errors), and the types at every entry point. */
export async function tarballProblems(
  { name, tarball }: Packed,
  machine: readonly string[],
): Promise<readonly string[]> {
  const data = new Uint8Array(readFileSync(tarball));
  const content = createPackageFromTarballData(data);
  const prefix = `/node_modules/${name}/`;
  const files = new Map(content.listFiles(prefix).map((path) => [path.slice(prefix.length), content.readFile(path)]));
  const problems = [...contentProblems(files, machine)];

  const { messages, pkg } = await publint({ pack: { tarball: data.buffer }, strict: true });
  for (const message of messages.filter(({ type }) => type !== 'suggestion')) {
    problems.push(`publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
  }

  const analysis = await checkPackage(content);
  if (!analysis.types) return [...problems, 'has no types'];
  for (const resolutionKind of RESOLUTIONS) {
    for (const problem of filterProblems(analysis, { resolutionKind })) {
      const where = 'entrypoint' in problem ? ` of "${problem.entrypoint}"` : '';
      problems.push(`types${where}, ${resolutionKind}: ${problemKindInfo[problem.kind].title}`);
    }
  }
  return problems;
}
