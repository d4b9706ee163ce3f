/**
 * Hands the events of a run to the observers of the strategies. An observer that throws is reported once and changes
 * nothing.
 */
import { messageOf } from '../errors.js';
import type { Segment } from '../graph/run-graph.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import type { ObserverName } from '../plugin/types.js';
import type { RunEmitter, RunEvents } from './events.js';

export function attachObservers(plan: ExperimentPlan, events: RunEmitter, context: number): () => void {
  const detach: (() => void)[] = [];
  const on = (name: 'step' | 'segmentEnd' | 'release' | 'version', listener: (event: never) => void) => {
    events.on(name, listener as never);
    detach.push(() => events.off(name, listener as never));
  };
  for (const { strategy } of [...plan.strategies, ...plan.open]) {
    for (const { plugin, hooks } of strategy.plugins) {
      const reported = new Set<ObserverName>();
      const tell = (name: ObserverName, event: object) => {
        const report = (error: unknown) => {
          if (reported.has(name)) return;
          reported.add(name);
          events.emit(
            'warning',
            `[${strategy.name}] ${plugin.name}, ${name}: ${messageOf(error)}; training is not affected`,
          );
        };
        try {
          const result: unknown = (hooks[name] as ((event: object) => unknown) | undefined)?.(Object.freeze(event));
          if (result instanceof Promise) result.catch(report);
        } catch (error) {
          report(error);
        }
      };
      if (hooks.afterStep) {
        on('step', ({ segment, step, rate, loss, gradNorm }: Parameters<RunEvents['step']>[0]) => {
          if (!isOwn(segment, strategy)) return;
          const position = segment.from.position + step + 1;
          tell('afterStep', { strategy: strategy.name, segment: segment.to.key, position, rate, loss, gradNorm });
        });
      }
      if (hooks.afterSegment) {
        on('segmentEnd', ({ segment, reused }: Parameters<RunEvents['segmentEnd']>[0]) => {
          if (!isOwn(segment, strategy)) return;
          const tokens = segment.steps * plan.graph.basis.batch * context;
          tell('afterSegment', {
            strategy: strategy.name,
            segment: segment.to.key,
            steps: segment.steps,
            tokens,
            reused,
          });
        });
      }
      for (const [event, hook] of [
        ['release', 'afterRelease'],
        ['version', 'afterVersion'],
      ] as const) {
        if (!hooks[hook]) continue;
        // A plugin is set up for one seed, which it knows.
        on(event, ({ seed, ...payload }: { readonly strategy: string; readonly seed: number }) => {
          if (payload.strategy === strategy.name && seed === strategy.seed) tell(hook, { ...payload });
        });
      }
    }
  }
  return () => {
    for (const off of detach) off();
  };
}

/** Whether a strategy needs a segment, under its own seed. */
function isOwn({ strategies, to }: Segment, { name, seed }: PreparedStrategy): boolean {
  return to.seed === seed && strategies.has(name);
}
