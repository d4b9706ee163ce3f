/** Passes the events of a run to the observers of its strategies. */
import { inject, injectable } from '../di.js';
import { BranchlineError, formatProblem, messageOf, type Problem } from '../errors.js';
import type { ExperimentPlan } from '../plan/experiment-plan.js';
import { pathsOf, pathUses, useOfStep } from '../plan/path-uses.js';
import type { Observers, RunEndEvent } from '../plugin/events.js';
import { remedyOfWrite } from '../plugin/freeze.js';
import { observersOf } from '../plugin/observe.js';
import type { PreparedPlugin, PreparedStrategy } from '../plugin/prepare.js';
import type { ExperimentInfo } from '../spec/experiment-info.js';
import { MODEL, type ModelDescription } from '../trainer/trainer.js';
import { RunEmitter } from './events.js';

/** How a run ended for a strategy. */
export type OutcomeOf = (strategy: PreparedStrategy) => RunEndEvent['outcome'];

/** Calls an observer of one plugin of one strategy. */
type Call = <Name extends keyof Observers>(hook: Name, event: Parameters<Observers[Name]>[0]) => void;

/**
 * Calls the observers of a run's strategies. `observe` of a plugin is called once per strategy and seed, even when
 * reactive strategies cause several plans. Errors and rejected promises are reported once per hook.
 */
@injectable()
export class ObserverCalls {
  readonly #calls = new Map<string, Call>();
  #detach: (() => void)[] = [];
  #finish: ((outcomeOf: OutcomeOf) => void)[] = [];

  constructor(
    @inject(RunEmitter) private readonly events: RunEmitter,
    @inject(MODEL) private readonly model: ModelDescription,
  ) {}

  /** Observes the run of a plan; replaces the previous plan. */
  attach(plan: ExperimentPlan): void {
    this.#leave();
    const laid = [
      ...plan.strategies.map(({ strategy, versions }) => ({ strategy, paths: pathsOf(versions) })),
      ...plan.open,
    ];
    for (const { strategy, paths } of laid) {
      const observing = strategy.plugins.filter(({ plugin }) => plugin.observe !== undefined);
      if (observing.length === 0) continue;
      const uses = pathUses(paths, plan.graph);
      for (const prepared of observing) this.#follow(plan, strategy, uses, this.#callOf(prepared, strategy, plan.info));
    }
  }

  /** Calls `afterRun` with the outcome, and stops observing. */
  finish(outcomeOf: OutcomeOf): void {
    for (const finish of this.#finish) finish(outcomeOf);
    this.#leave();
  }

  #leave(): void {
    for (const detach of this.#detach.splice(0)) detach();
    this.#finish = [];
  }

  #follow(plan: ExperimentPlan, strategy: PreparedStrategy, uses: ReturnType<typeof pathUses>, call: Call): void {
    const { events } = this;
    const { name, seed } = strategy;
    const tokensPerStep = plan.graph.basis.batch * this.model.context;
    this.#detach.push(
      events.on('runStart', ({ steps }) =>
        call('beforeRun', { strategy: name, seed, versions: plan.info.versions.length, steps }),
      ),
      events.on('step', ({ segment, step, rate, loss, gradNorm }) => {
        const own = uses.get(segment);
        if (own === undefined) return;
        const before = segment.from.position + step;
        const { version, path, begin } = useOfStep(own, before);
        const place = { strategy: name, version, path, segment: segment.to.key, step: before - begin };
        const tokens = (before + 1) * tokensPerStep;
        call('afterStep', { ...place, position: before + 1, tokens, rate, loss, gradNorm });
      }),
      events.on('segmentEnd', ({ segment, reused }) => {
        const own = uses.get(segment);
        if (own === undefined) return;
        const { to, steps } = segment;
        const { version, path } = useOfStep(own, to.position - 1);
        const place = { strategy: name, version, path, segment: to.key, position: to.position };
        call('afterSegment', { ...place, steps, tokens: steps * tokensPerStep, reused });
      }),
      events.on('release', ({ seed: under, ...event }) => {
        if (event.strategy !== name || under !== seed) return;
        call('afterRelease', { ...event, tokens: event.position * tokensPerStep });
      }),
      events.on('version', ({ strategy: of, seed: under, version }) => {
        if (of === name && under === seed) call('afterVersion', { strategy: name, version });
      }),
    );
    this.#finish.push((outcomeOf) => call('afterRun', { strategy: name, seed, outcome: outcomeOf(strategy) }));
  }

  /** Gets the observers of a plugin; calls `observe` only the first time. */
  #callOf(prepared: PreparedPlugin, strategy: PreparedStrategy, info: ExperimentInfo): Call {
    const id = JSON.stringify([strategy.seed, strategy.name, prepared.plugin.name]);
    const known = this.#calls.get(id);
    if (known !== undefined) return known;
    const call = this.#makeCall(prepared, strategy, info);
    this.#calls.set(id, call);
    return call;
  }

  #makeCall(prepared: PreparedPlugin, strategy: PreparedStrategy, info: ExperimentInfo): Call {
    const { events } = this;
    let observers: Partial<Observers> = {};
    try {
      observers = observersOf(prepared, strategy, info);
    } catch (error) {
      events.emit('warning', withEffect(error, 'it observes nothing, and training is not affected'), error);
    }
    const reported = new Set<keyof Observers>();
    return (hook, event) => {
      const report = (error: unknown) => {
        if (reported.has(hook)) return;
        reported.add(hook);
        const who = `[${strategy.name}] ${prepared.plugin.name}, ${hook}`;
        events.emit('warning', withEffect(error, 'training is not affected', who), error);
      };
      const observer = observers[hook] as ((event: object) => unknown) | undefined;
      try {
        const result = observer?.(Object.freeze(event));
        if (result instanceof Promise) result.catch(report);
      } catch (error) {
        report(error);
      }
    };
  }
}

/** The message of an error with its effect on the run, and the remedy if there is one. */
function withEffect(error: unknown, effect: string, who?: string): string {
  const problems: readonly Problem[] =
    error instanceof BranchlineError ? error.problems : [{ message: messageOf(error), ...remedyOfWrite(error) }];
  const lines = problems.map((problem) => formatProblem({ ...problem, message: `${problem.message}; ${effect}` }));
  return who === undefined ? lines.join('\n') : `${who}: ${lines.join('\n')}`;
}
