/** Plans strategies with the kernel's own planner, over a corpus that exists in numbers only. */
/* eslint-disable @nx/enforce-module-boundaries -- a test of plans; plugins themselves know the public API alone */
import type { ExperimentInfo, PluginUse } from '@branchline/core';
import type { Problem } from '../../core/src/errors.js';
import { RunGraph } from '../../core/src/graph/run-graph.js';
import { digestJson } from '../../core/src/json.js';
import type { DataProvider, MaterializedOrder, OrderRequest } from '../../core/src/plan/data.js';
import { type DecidedVersion, decide } from '../../core/src/plan/decide.js';
import { expand } from '../../core/src/plan/expand.js';
import type { PlannedVersion } from '../../core/src/plan/path.js';
import { prepareStrategy } from '../../core/src/plugin/prepare.js';

/** Ids that depend on the request alone; equal requests give equal orders, as a real corpus would. */
function corpus(info: ExperimentInfo): DataProvider {
  const order = (request: unknown, ids: Uint32Array): MaterializedOrder => ({
    digest: digestJson(request as never),
    ids,
  });
  const count = ({ parts }: OrderRequest) =>
    parts.reduce((sum, part) => sum + (part.sequences ?? info.versions[part.version - 1]!.sequences), 0);
  const never = () => {
    throw new Error('a plan reads no text');
  };
  return {
    digest: 'corpus',
    context: info.context,
    vocabulary: 256,
    versions: info.versions,
    domains: ['text'],
    scored: info.scored,
    order: (request) =>
      order(
        request,
        Uint32Array.from({ length: count(request) }, (_, index) => index),
      ),
    reorder: (ids, by, seed) => order([ids.length, by, seed], ids),
    evaluationSet: never,
    read: never,
  };
}

export interface Planned {
  readonly problems: readonly Problem[];
  readonly decided: readonly DecidedVersion[];
  readonly planned: readonly PlannedVersion[];
}

export async function planOf(info: ExperimentInfo, name: string, plugins: readonly PluginUse[]): Promise<Planned> {
  const { strategy, problems } = await prepareStrategy(
    { name, plugins, configPath: `strategies.${name}` },
    info.seed,
    () => undefined,
  );
  const decision = decide(strategy, info);
  const all = [...problems, ...decision.problems];
  const planned = all.length > 0 ? [] : expand(strategy, decision.versions, info, corpus(info), new Map());
  return { problems: all, decided: decision.versions, planned };
}

/** Steps trained for the releases of some strategies together, and the keys of the releases by strategy. */
export function graphOf(info: ExperimentInfo, strategies: Readonly<Record<string, Planned>>) {
  const graph = new RunGraph({ digest: 'basis', batch: info.batch });
  const releases = Object.fromEntries(
    Object.entries(strategies).map(([name, { planned }]) => [
      name,
      planned.map(({ release }) => graph.demand(release.point, name).key),
    ]),
  );
  return { steps: graph.segments().reduce((sum, segment) => sum + segment.steps, 0), releases };
}
