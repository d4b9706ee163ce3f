/** Names shared by claims, tables and figures of shifting versions. */

/** Versions are domains. */
export const STRONG = 'strong-shift';
/** Versions are domains, but half of each domain arrives with the others. */
export const WEAK = 'weak-shift';
/** Like the strong shift, with the last domain first. */
export const REVERSED = 'reversed';

/** Replay ratios; the paper's go up to 25%. */
export const RATIOS = [0, 0.01, 0.05, 0.1, 0.25] as const;
/** Replay ratios that path switching is combined with. */
export const SWITCHING_RATIOS = [0, 0.05, 0.25] as const;

/** From scratch, on all data so far. */
export const PTFS = 'PTFS';
/** Continual training without re-warming. */
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
