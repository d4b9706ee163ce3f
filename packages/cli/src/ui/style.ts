import colors from 'picocolors';

/** Colours for one stream: none when it is no terminal, or when NO_COLOR is set. */
export function styleFor(stream: NodeJS.WriteStream) {
  const wanted = Boolean(process.env.FORCE_COLOR) || (Boolean(stream.isTTY) && process.env.TERM !== 'dumb');
  return colors.createColors(wanted && !process.env.NO_COLOR);
}

/** What `styleFor` gives. */
export type Style = ReturnType<typeof styleFor>;
