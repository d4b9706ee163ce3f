/** Names of the papers on the command line. */
export const PAPERS = ['path-switching', 'curriculum', 'shifting-versions', 'learning-rate'] as const;
/** Name of a paper. */
export type PaperName = (typeof PAPERS)[number];
