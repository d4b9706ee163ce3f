/** Warnings about warm-ups that are longer than the paths that they begin. */
import type { ExperimentInfo } from '../spec/experiment-info.js';
import type { DecidedVersion } from './decide.js';
import type { CutWarmup } from './expand.js';
import type { PlanWarning } from './plan-warning.js';

/** The paths of one strategy that end before their warm-up. */
export interface StrategyWarmups {
  readonly strategy: string;
  readonly decisions: readonly DecidedVersion[];
  readonly cut: readonly CutWarmup[];
}

/** Paths that a message names; the others are counted. */
const NAMED = 3;

/**
 * One warning for each place that set warm-ups which are too long, with the paths that they do not fit. `assumed`: the
 * user did not write the warm-up of the experiment.
 */
export function warmupWarnings(
  all: readonly StrategyWarmups[],
  { lr }: Pick<ExperimentInfo, 'lr'>,
  assumed: boolean,
): readonly PlanWarning[] {
  const places = new Map<string, { plugin?: string; warmup: number; paths: Map<string, PathOf> }>();
  for (const { strategy, decisions, cut } of all) {
    for (const path of cut) {
      const { configPath, plugin } = placeOf(path, decisions, lr.warmup);
      const key = JSON.stringify([configPath, path.warmup]);
      const place = places.get(key) ?? { plugin, warmup: path.warmup, paths: new Map() };
      places.set(key, place);
      // Every seed has the same paths.
      place.paths.set(JSON.stringify([strategy, path.version, path.path]), { ...path, strategy });
    }
  }
  return [...places].map(([key, { plugin, warmup, paths }]) => {
    const [configPath] = JSON.parse(key) as [string | undefined];
    const byDefault = assumed && configPath === EXPERIMENT;
    return { configPath, ...(plugin !== undefined && { plugin }), ...describe([...paths.values()], warmup, byDefault) };
  });
}

type PathOf = CutWarmup & { readonly strategy: string };

const EXPERIMENT = 'training.lr.warmup';

/** Who set a warm-up. Plugins that pass on the one of the experiment did not choose it. */
function placeOf(
  { version, path, warmup }: CutWarmup,
  decisions: readonly DecidedVersion[],
  ofExperiment: number,
): { readonly configPath?: string; readonly plugin?: string } {
  if (warmup === ofExperiment) return { configPath: EXPERIMENT };
  const decided = decisions.find(({ version: { index } }) => index === version)!;
  const { fields } = path === 'main' ? decided : decided.forks.find(({ name }) => name === path)!;
  const owner = fields.get('lr.warmup')!.owner;
  return { configPath: owner.configPath, ...(owner.kind === 'plugin' && { plugin: owner.name }) };
}

function describe(paths: readonly PathOf[], warmup: number, byDefault: boolean) {
  const named = paths
    .slice(0, NAMED)
    .map(({ strategy, version, path, steps }) => `"${strategy}" version ${version}, path ${path}, has ${steps}`);
  const more = paths.length > NAMED ? `; and ${paths.length - NAMED} more` : '';
  const shortest = Math.min(...paths.map(({ steps }) => steps));
  const message = `the warm-up takes ${warmup} steps${byDefault ? ' by default' : ''}, longer than these paths, which never reach the peak rate: ${named.join('; ')}${more}`;
  const remedy = `Set a warm-up of at most ${shortest} steps, or train on more text or with a smaller batch.`;
  return { strategies: [...new Set(paths.map(({ strategy }) => strategy))], message, remedy, refuses: !byDefault };
}
