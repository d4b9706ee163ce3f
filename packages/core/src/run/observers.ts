/** Hands the events of a run to the observers of its strategies. */
import { inject, injectable } from '../di.js';
import { messageOf } from '../errors.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { pathsOf, pathUses } from '../plan/path-uses.js';
import type { Observers, RunEndEvent } from '../plugin/events.js';
import type { PreparedStrategy } from '../plugin/prepare.js';
import { MODEL, type ModelDescription } from '../trainer/trainer.js';
import { RunEmitter } from './events.js';

/** How a run ended for a strategy. */
export type OutcomeOf = (strategy: PreparedStrategy) => RunEndEvent['outcome'];

/** Calls the observers of a run's strategies. One that throws, or whose promise rejects, is reported once for each hook. */
@injectable()
export class ObserverCalls {
  #detach: () => void = () => undefined;
  #finish: (outcomeOf: OutcomeOf) => void = () => undefined;

  constructor(
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(MODEL) private readonly model: ModelDescription,
  ) {}

  /** Follows the events of a plan, in place of the plan before it. */
  attach(plan: ExperimentPlan): void {
    this.#detach();
    const { events } = this;
    const detach: (() => void)[] = [];
    const tokensPerStep = plan.graph.basis.batch * this.model.context;
    const finishers: ((outcomeOf: OutcomeOf) => void)[] = [];
    const laid = [
      ...plan.strategies.map(({ strategy, versions }) => ({ strategy, paths: pathsOf(versions) })),
      ...plan.open,
    ];
    for (const { strategy, paths } of laid) {
      const { name, seed } = strategy;
      const uses = pathUses(paths, plan.graph);
      for (const { plugin, hooks } of strategy.plugins) {
        const reported = new Set<keyof Observers>();
        const call = <Name extends keyof Observers>(hook: Name, event: Parameters<Observers[Name]>[0]) => {
          const report = (error: unknown) => {
            if (reported.has(hook)) return;
            reported.add(hook);
            const message = `[${name}] ${plugin.name}, ${hook}: ${messageOf(error)}; training is not affected`;
            events.emit('warning', message);
          };
          const observer = (hooks as Partial<Record<keyof Observers, (event: object) => unknown>>)[hook];
          try {
            const result = observer?.(Object.freeze(event));
            if (result instanceof Promise) result.catch(report);
          } catch (error) {
            report(error);
          }
        };
        const has = (hook: keyof Observers) => hook in hooks;
        if (has('beforeRun')) {
          const on = events.on('runStart', ({ steps }) =>
            call('beforeRun', { strategy: name, seed, versions: plan.info.versions.length, steps }),
          );
          detach.push(on);
        }
        if (has('afterStep')) {
          const on = events.on('step', ({ segment, step, rate, loss, gradNorm }) => {
            const use = uses.get(segment);
            if (use === undefined) return;
            const position = segment.from.position + step + 1;
            call('afterStep', {
              ...{ strategy: name, version: use.version, path: use.path },
              ...{
                segment: segment.to.key,
                step: position - 1 - use.begin,
                position,
                tokens: position * tokensPerStep,
              },
              ...{ rate, loss, gradNorm },
            });
          });
          detach.push(on);
        }
        if (has('afterSegment')) {
          const on = events.on('segmentEnd', ({ segment, reused }) => {
            const use = uses.get(segment);
            if (use === undefined) return;
            const { to, steps } = segment;
            const tokens = steps * tokensPerStep;
            const { version, path } = use;
            const { key, position } = to;
            call('afterSegment', { strategy: name, version, path, segment: key, position, steps, tokens, reused });
          });
          detach.push(on);
        }
        if (has('afterRelease')) {
          const on = events.on('release', ({ seed: of, ...event }) => {
            if (event.strategy !== name || of !== seed) return;
            call('afterRelease', { ...event, tokens: event.position * tokensPerStep });
          });
          detach.push(on);
        }
        if (has('afterVersion')) {
          const on = events.on('version', ({ strategy: of, seed: under, version }) => {
            if (of === name && under === seed) call('afterVersion', { strategy: name, version });
          });
          detach.push(on);
        }
        if (has('afterRun')) {
          finishers.push((outcomeOf) => call('afterRun', { strategy: name, seed, outcome: outcomeOf(strategy) }));
        }
      }
    }
    this.#finish = (outcomeOf) => {
      for (const finish of finishers) finish(outcomeOf);
    };
    this.#detach = () => {
      for (const off of detach) off();
    };
  }

  /** Tells the observers how the run ended, and stops following it. */
  finish(outcomeOf: OutcomeOf): void {
    this.#finish(outcomeOf);
    this.#detach();
  }
}
