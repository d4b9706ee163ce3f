/** The papers there are, as the command line names them. */
export const PAPERS = ['path-switching'] as const;
/** One of them. */
export type PaperName = (typeof PAPERS)[number];
