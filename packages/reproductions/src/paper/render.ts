/** The files of a finished reproduction: a page, the reports it links to, a results section, figures. */
import { dirname, join, relative, sep } from 'node:path';
import { reproductionMarkdown } from './markdown.js';
import { finishedAt, pageOf } from './page.js';
import type { Finished } from './reproduce.js';

/** Which files are wanted, and where they will lie: links between them are relative. */
export interface Wanted {
  /** Directory of the reproduction's runs. */
  readonly runs: string;
  /** The command that made it, for the page and the results section. */
  readonly command: string;
  /** Whether a page is wanted, and the report of every experiment. */
  readonly report: boolean;
  /** Markdown file of the results section. */
  readonly out?: string;
  /** Folder of the figures. */
  readonly figures?: string;
}

/** Files that are not written yet. */
export interface Rendered {
  /** Contents by path. */
  readonly contents: ReadonlyMap<string, string>;
  /** The paths that were asked for, by what they are: `report`, `figures`, `out`. */
  readonly files: Readonly<Record<string, string>>;
}

/** Renders everything that is wanted; writes nothing. */
export async function renderFiles(finished: Finished, wanted: Wanted): Promise<Rendered> {
  const { runs, out, figures: folder, command } = wanted;
  const contents = new Map<string, string>();
  const files: Record<string, string> = {};
  const { renderFigure, renderPaper, renderReport } = await import('@branchline/report');
  if (wanted.report) {
    for (const [name, results] of Object.entries(finished.facts.results)) {
      contents.set(join(runs, name, 'report.html'), renderReport(results));
    }
    files.report = join(runs, 'report.html');
    const reportOf = (experiment: string) => `${encodeURIComponent(experiment)}/report.html`;
    contents.set(files.report, renderPaper(pageOf(finished, { command, reportOf })));
  }
  if (folder !== undefined) files.figures = folder;
  // Every figure is named after the paper and it.
  const pathOf = (id: string) => join(folder!, `${finished.reproduction.paper}-${id}.svg`);
  const drawn = folder === undefined ? [] : finished.figures.map((figure) => ({ figure, path: pathOf(figure.id) }));
  for (const { figure, path } of drawn) contents.set(path, renderFigure(figure));
  if (out !== undefined) {
    files.out = out;
    const fromThere = (path: string) => relative(dirname(out), path).split(sep).join('/');
    const beside = {
      command,
      finishedAt: finishedAt(finished.facts),
      ...(files.report === undefined ? {} : { page: fromThere(files.report) }),
      figures: drawn.map(({ figure, path }) => ({ figure, path: fromThere(path) })),
    };
    contents.set(out, reproductionMarkdown(finished, beside));
  }
  return { contents, files };
}
