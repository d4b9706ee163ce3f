/** The papers there are, as the command line names them. */
export const PAPERS = ['path-switching', 'curriculum', 'shifting-versions'] as const;
/** One of them. */
export type PaperName = (typeof PAPERS)[number];
