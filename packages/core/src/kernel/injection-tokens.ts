/** Tokens of parts that have no file of their own in core. */
import { token } from '../di.js';
import type { Judge } from './comparison.js';
import type { TaskSet } from './tasks.js';

/** Who judges by the rule of the experiment; in an object, because there may be none. */
export const JUDGE = token<{ readonly judge: Judge | undefined }>('judge');
/** Tasks that every release answers; there may be none. */
export const TASKS = token<readonly TaskSet[]>('tasks');
/** Directory of the run: store, ledger, metrics, evaluations. */
export const DIRECTORY = token<string>('directory');
