/** The command as it was typed, to be typed again. */
export function commandLine(args: readonly string[] = process.argv.slice(2)): string {
  const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
  // Where npm started it, it is most likely not on the path.
  const launcher = process.env.npm_command === undefined ? ['branchline'] : ['npx', 'branchline'];
  return [...launcher, ...args.map(quote)].join(' ');
}
