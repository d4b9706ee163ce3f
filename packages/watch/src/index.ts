/** The live log of a run, its state at any moment, and the time that is left. */
export { LIVE_LOG } from './live-log/format.js';
export { LiveLog, type LiveLogInput, type Timing } from './live-log/live-log.js';
export { markStart } from './live-log/start-mark.js';
export { Pace, type TimeLeft } from './pace/pace.js';
export { isRun, runsIn } from './state/is-run.js';
export { RunWatch, type RunWatchOptions } from './state/run-watch.js';
