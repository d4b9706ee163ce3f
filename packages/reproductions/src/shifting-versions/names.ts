/** Names that claims, tables and figures of shifting versions share. */

/** Versions are domains. */
export const STRONG = 'strong-shift';
/** Versions are domains, but half of each domain arrives with the others. */
export const WEAK = 'weak-shift';
/** As strong, the last domain first. */
export const REVERSED = 'reversed';

/** Shares of replay, the paper's up to 25%. */
export const RATIOS = [0, 0.01, 0.05, 0.1, 0.25] as const;
/** Those that path switching is tried with. */
export const SWITCHING_RATIOS = [0, 0.05, 0.25] as const;

/** From scratch, on everything so far. */
export const PTFS = 'PTFS';
/** Continual training that never re-warms. */
export const LOW = 'CPT, low constant';
/** The main path of path switching, undecayed. */
export const MAIN = 'main path';

/** Re-warmed continual training. */
export const cpt = (ratio: number): string => withReplay('CPT', ratio);
export const switching = (ratio: number): string => withReplay('path switching', ratio);
export const infinite = (ratio: number): string => withReplay('infinite schedule', ratio);
/** The average of the end of the main path. */
export const average = (ratio: number): string => withReplay('main path, average', ratio);

const withReplay = (name: string, ratio: number) => (ratio === 0 ? name : `${name}, replay ${100 * ratio}%`);
