/** Gets the observers of plugins when a run begins. */
import { BranchlineError, messageOf } from '../errors.js';
import { isPlainObject } from '../plain-object.js';
import type { ExperimentInfo } from '../spec/experiment-info.js';
import { didYouMean } from '../suggest.js';
import type { ObserverName } from './definition.js';
import type { Observers } from './events.js';
import { deepFreeze, remedyOfWrite } from './freeze.js';
import { loggerOf, type PreparedPlugin, type PreparedStrategy } from './prepare.js';
import { callWithTimeout, HookTimeoutError } from './timeout.js';

const OBSERVERS: Readonly<Record<ObserverName, true>> = {
  beforeRun: true,
  afterStep: true,
  afterSegment: true,
  afterRelease: true,
  afterVersion: true,
  afterRun: true,
};

/**
 * The observers of one plugin of a strategy; empty when it has no `observe`. Throws a BranchlineError when `observe`
 * fails or returns something invalid.
 */
export function observersOf(
  { plugin, options, configPath }: PreparedPlugin,
  strategy: PreparedStrategy,
  experiment: ExperimentInfo,
): Partial<Observers> {
  if (plugin.observe === undefined) return {};
  const { name, seed, timeoutSeconds } = strategy;
  const place = { plugin: plugin.name, configPath, strategy: name, hook: 'observe' };
  const context = Object.freeze({
    options: plugin.options === undefined ? undefined : options,
    experiment: deepFreeze({ ...experiment, seed }),
    strategy: name,
    seed,
    log: loggerOf(strategy, plugin.name),
  });
  let observers: unknown;
  try {
    observers = callWithTimeout(
      timeoutSeconds,
      () => place,
      () => plugin.observe!(context as never),
    );
  } catch (cause) {
    if (cause instanceof HookTimeoutError) throw cause;
    throw new BranchlineError('plugin', { ...place, message: messageOf(cause), ...remedyOfWrite(cause) }, { cause });
  }
  const wrong = wrongObservers(observers ?? {});
  if (wrong.length > 0) {
    throw new BranchlineError(
      'plugin',
      wrong.map((of) => ({ ...place, ...of })),
    );
  }
  return observers ?? {};
}

function wrongObservers(observers: unknown): readonly { readonly message: string; readonly remedy?: string }[] {
  if (!isPlainObject(observers)) {
    const got = observers instanceof Promise ? 'a promise' : `a ${typeof observers}`;
    const remedy = 'Return observers by name, such as { afterStep({ loss }) { ... } }.';
    return [{ message: `must return a plain object of observers, not ${got}`, remedy }];
  }
  return Object.entries(observers).flatMap(([name, observer]) => {
    if (!Object.hasOwn(OBSERVERS, name)) {
      const remedy = didYouMean(name, Object.keys(OBSERVERS));
      return [{ message: `returned an observer that does not exist: ${name}`, remedy }];
    }
    return observer === undefined || typeof observer === 'function'
      ? []
      : [
          {
            message: `observer ${name} must be a function, not a ${typeof observer}`,
            remedy: `Write ${name}(event) { ... }.`,
          },
        ];
  });
}
