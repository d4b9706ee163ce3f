/** The command as it was typed, to be typed again. */
export function commandLine(args: readonly string[] = process.argv.slice(2)): string {
  const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
  return ['branchline', ...args.map(quote)].join(' ');
}
