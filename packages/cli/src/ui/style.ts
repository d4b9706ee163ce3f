import colors from 'picocolors';

/** Columns where no terminal says how many it has, such as in a pipe. */
const COLUMNS = 100;

/** Fewer columns are not fitted to: nothing could be read. */
const FEWEST = 60;

/**
 * Colours for a stream; none if it is not a terminal or NO_COLOR is set. Of losses, only verdicts are green or red; the
 * lowest of a column is bold. Red is also what diverged.
 */
export function styleFor(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>) {
  const wanted = Boolean(process.env.FORCE_COLOR) || (Boolean(stream.isTTY) && process.env.TERM !== 'dumb');
  return { ...colors.createColors(wanted && !process.env.NO_COLOR), columns: columnsOf(stream) };
}

/** The width of tables and texts: COLUMNS if it is set, else that of the terminal, else 100; 60 at least. */
export function columnsOf({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number {
  const set = Number(process.env.COLUMNS);
  const terminal = isTTY && columns > 0 ? columns : COLUMNS;
  return Math.max(FEWEST, Number.isInteger(set) && set > 0 ? set : terminal);
}

/** The result of `styleFor`. */
export type Style = ReturnType<typeof styleFor>;
