/** The results section of a reproduction as Markdown, and phrases shared by all renderings of verdicts. */
import type { PaperFigure } from '@branchline/report';
import { figure } from './numbers.js';
import type { Finished } from './reproduce.js';
import type { PaperVerdict } from './verdicts.js';

/** The text parts of a finished reproduction. */
export type Shown = Pick<Finished, 'reproduction' | 'tables' | 'verdicts'>;

/** How to read effects and intervals. */
export const INTERVALS =
  'Effects are differences of losses, strategy less the other, unless a claim counts. Intervals are those by which verdicts are made, corrected for the number of claims (docs/statistics.md).';

/** Context of a results section. Paths appear in the text as given. */
export interface SectionContext {
  readonly command: string;
  /** ISO 8601. */
  readonly finishedAt: string;
  /** The page with all figures. */
  readonly page?: string;
  /** Figures that were written to files. */
  readonly figures?: readonly { readonly figure: PaperFigure; readonly path: string }[];
}

/** Renders the section as Markdown, with the command that produced it and the figures that were written to files. */
export function reproductionMarkdown(
  { reproduction, tables, verdicts }: Shown,
  { command, finishedAt, page, figures = [] }: SectionContext,
): string {
  const whereOf = new Map(reproduction.claims.map(({ id, where }) => [id, where]));
  const rows = verdicts.map((one) => [
    one.verdict,
    ...cellsOf(one),
    one.claim,
    one.reason === null ? '' : whyText(one),
    whereOf.get(one.id)!,
  ]);
  const pictures = figures.map(
    ({ figure: { title, caption }, path }, index) =>
      `![${escaped(title)}](${encodeURI(path)})\n\n**Figure ${index + 1}. ${ended(title)}** ${caption}`,
  );
  return [
    `# ${reproduction.paper}`,
    `${reproduction.source}.`,
    `\`${command}\`, finished ${finishedAt.slice(0, 10)}. ${reproduction.setting}`,
    ...(page === undefined ? [] : [`With all figures: [${page}](${encodeURI(page)}).`]),
    ...pictures,
    ...tables.map(
      ({ title, caption, head, rows: cells }, index) =>
        `**Table ${index + 1}. ${ended(title)}**${caption === undefined ? '' : ` ${caption}`}\n\n${markdown(head, cells)}`,
    ),
    `**Claims.** ${countText(verdicts)} ${INTERVALS}`,
    markdown(['verdict', 'id', 'effect', 'interval', 'seeds', 'claim', 'why', 'in the paper'], rows),
    '',
  ].join('\n\n');
}

/** Why a claim does not hold: the numbers, then the author's note. */
export const whyText = ({ reason, note }: PaperVerdict): string => (note === null ? reason! : `${reason}. ${note}`);

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Escapes text inside brackets. */
const escaped = (text: string): string => text.replace(/[[\]\\]/g, '\\$&');

/** Id, effect, interval and seeds of a verdict, as table cells. */
export function cellsOf({ id, effect, interval, seeds }: PaperVerdict): readonly string[] {
  const range = interval === null ? '-' : `[${figure(interval.low)}, ${figure(interval.high)}]`;
  return [id, effect === null ? '-' : figure(effect), range, seeds.length === 0 ? '-' : String(seeds.length)];
}

/** `3 of 4 claims hold, 1 fail, 0 are undecided.` */
export function countText(verdicts: readonly PaperVerdict[]): string {
  const count = (of: PaperVerdict['verdict']) => verdicts.filter(({ verdict }) => verdict === of).length;
  return `${count('holds')} of ${verdicts.length} claims hold, ${count('fails')} fail, ${count('undecided')} are undecided.`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
