/** What is wrong with the commands of Branchline and npm in documents. */
import { problemOf } from 'branchline/internal';
import { read } from '../site/pages.ts';
import type { Block, Span } from './blocks.ts';
import { branchlineWords, commandsIn } from './shell.ts';

/** Pages that are followed in a folder of the reader's, whose package.json has scripts of its own. */
const ELSEWHERE = /^docs\/(compare-on-your-data|writing-a-(strategy|trainer)|continue-a-checkpoint)\.md/;

const SCRIPTS = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

/** Problems of the commands in shell blocks, and in blocks without a language. */
export async function blockProblems({ place, language, content }: Block): Promise<readonly string[]> {
  if (!['', 'sh', 'bash'].includes(language)) return [];
  const problems: string[] = [];
  // Output is shown without a language too: there, only lines that begin with a command are commands.
  const lines =
    language === '' ? content.split('\n').filter((line) => /^(npx branchline|npm run) /.test(line)) : [content];
  for (const command of lines.flatMap(commandsIn)) {
    const words = branchlineWords(command);
    const problem = words === undefined ? npmProblem(place, command) : await problemOf(words);
    if (problem !== undefined) problems.push(`${place}: ${command.join(' ')}\n    ${problem}`);
  }
  return problems;
}

/** Problems of a code span that is a command. Positional arguments may be left out in prose. */
export async function spanProblems({ place, content }: Span): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const command of commandsIn(content)) {
    const words = branchlineWords(command);
    if (words === undefined || words.length === 0 || words.some((word) => /^(\.\.\.|…)$/.test(word))) continue;
    const problem = await problemOf(words);
    if (problem === undefined || /^Not enough non-option arguments|^Missing required argument/.test(problem)) continue;
    // `branchline store` names a group of commands.
    if (words.length === 1 && problem.startsWith('there is no command') && isGroup(words[0]!)) continue;
    problems.push(`${place}: ${content}\n    ${problem}`);
  }
  return problems;
}

const isGroup = (word: string) => ['backend', 'lr', 'store'].includes(word);

function npmProblem(place: string, [program, run, script = '']: readonly string[]): string | undefined {
  if (program !== 'npm' || run !== 'run' || ELSEWHERE.test(place) || SCRIPTS.includes(script)) return undefined;
  return `package.json has no script ${script}`;
}
