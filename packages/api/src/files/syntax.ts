/** Finds the place of a syntax error: the transpiler's message does not have it. */

/** A syntax error with its place. Line and column count from 1. */
export interface SyntaxProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The first syntax error of a TypeScript or JavaScript module, if any. The parser is loaded lazily. */
export async function locateSyntaxError(file: string, text: string): Promise<SyntaxProblem | undefined> {
  const { parse } = await import('@babel/parser');
  const typescript = /\.m?ts$/.test(file);
  try {
    parse(text, { sourceType: 'module', plugins: typescript ? ['typescript', 'decorators'] : [] });
    return undefined;
  } catch (error) {
    const { loc, message } = error as { loc?: { line: number; column: number }; message: string };
    if (loc === undefined) return undefined;
    return { line: loc.line, column: loc.column + 1, message: message.replace(/ \(\d+:\d+\)$/, '') };
  }
}
