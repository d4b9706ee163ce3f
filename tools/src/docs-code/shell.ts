/** Commands in a shell block, as far as documents use the shell: quotes, pipes, lists, comments, continued lines. */

/** Words of each simple command: `a "b c" | d && e` has `['a', 'b c']`, `['d']` and `['e']`. */
export function commandsIn(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  // Quoted text, an escaped character or line end, a comment, a separator, blanks, or any other character.
  const parts = /'([^']*)'|"([^"]*)"|\\\n|\\(.)|(?<=^|\s)#[^\n]*|(\|\||&&|[|;\n])|([ \t]+)|([\s\S])/g;
  for (const [all, single, double, escaped, separator, blank, other] of text.matchAll(parts)) {
    if (separator !== undefined) endCommand();
    else if (blank !== undefined) endWord();
    else if (all === '\\\n' || all.startsWith('#')) endWord();
    else word = `${word ?? ''}${single ?? double ?? escaped ?? other}`;
  }
  endCommand();
  return commands;
}

/** The words after `npx branchline` or `branchline`; undefined if the command is another one. */
export function branchlineWords(command: readonly string[]): readonly string[] | undefined {
  const words = command.filter((word, index) => !(index === 0 && word === '$') && !/^[A-Z_]+=/.test(word));
  const rest = words[0] === 'npx' ? words.slice(1) : words;
  return rest[0] === 'branchline' ? rest.slice(1) : undefined;
}
