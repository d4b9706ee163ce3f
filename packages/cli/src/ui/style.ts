import colors from 'picocolors';

/**
 * Colours for a stream; none if it is not a terminal or NO_COLOR is set. Of losses, only verdicts are green or red; the
 * lowest of a column is bold. Red is also what diverged.
 */
export function styleFor(stream: NodeJS.WriteStream) {
  const wanted = Boolean(process.env.FORCE_COLOR) || (Boolean(stream.isTTY) && process.env.TERM !== 'dumb');
  return colors.createColors(wanted && !process.env.NO_COLOR);
}

/** The result of `styleFor`. */
export type Style = ReturnType<typeof styleFor>;
