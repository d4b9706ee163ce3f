/** The command as the user typed it, for repeating it. */
export function commandLine(args: readonly string[] = process.argv.slice(2)): string {
  const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
  // Started by npm, it is probably not on the PATH.
  const launcher = process.env.npm_command === undefined ? ['branchline'] : ['npx', 'branchline'];
  return [...launcher, ...args.map(quote)].join(' ');
}
