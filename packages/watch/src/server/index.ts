/** The server of the live page. An entry of its own: who only trains loads no server. */
export { type ServeOptions, serveWatch, type WatchServer } from './serve.js';
export { sinceStart, stateReader, type WatchRunOptions, watchRun } from './watch-run.js';
