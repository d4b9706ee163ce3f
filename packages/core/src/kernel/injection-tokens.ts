/**
 * Names under which the composition root provides the parts of an experiment. `Symbol.for`, so that two copies of this
 * module mean the same parts.
 */
import type { Clock } from '../clock.js';
import type { InjectionToken } from '../di.js';
import type { DataProvider } from '../plan/data.js';
import type { ExperimentSpec } from '../plan/experiment-spec.js';
import type { RunEmitter } from '../run/events.js';
import type { ModelDescription, Trainer } from '../trainer/trainer.js';
import type { Judge } from './comparison.js';
import type { TaskSet } from './tasks.js';

const token = <T>(name: string): InjectionToken<T> => Symbol.for(`branchline.${name}`);

export const SPEC = token<ExperimentSpec>('spec');
export const MODEL = token<ModelDescription>('model');
export const DATA = token<DataProvider>('data');
export const TRAINER = token<Trainer>('trainer');
export const EVENTS = token<RunEmitter>('events');
export const CLOCK = token<Clock>('clock');
/** Who judges by the rule of the experiment; in an object, because there may be nobody. */
export const JUDGE = token<{ readonly judge: Judge | undefined }>('judge');
/** Tasks that every release answers; there may be none. */
export const TASKS = token<readonly TaskSet[]>('tasks');
/** Directory of the run: store, ledger, metrics, evaluations. */
export const DIRECTORY = token<string>('directory');
