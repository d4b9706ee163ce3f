/** Renders the files of a finished reproduction: a page, the reports it links to, a results section, figures. */
import { dirname, join, relative, sep } from 'node:path';
import { reproductionMarkdown } from './markdown.js';
import { finishedAt, pageOf } from './page.js';
import type { Finished } from './reproduce.js';

/** Requested files and their locations; links between them are relative. */
export interface Wanted {
  /** Directory of the reproduction's runs. */
  readonly runs: string;
  /** The command that produced the reproduction, for the page and the results section. */
  readonly command: string;
  /** Whether to render the page and the report of every experiment. */
  readonly report: boolean;
  /** Markdown file for the results section. */
  readonly out?: string;
  /** Folder for the figures. */
  readonly figures?: string;
}

/** Rendered files, not written yet. */
export interface Rendered {
  /** Contents by path. */
  readonly contents: ReadonlyMap<string, string>;
  /** Requested paths by kind: `report`, `figures`, `out`. */
  readonly files: Readonly<Record<string, string>>;
}

/** Renders all requested files. Writes nothing. */
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
  // File names of figures combine the paper and the figure.
  const pathOf = (id: string) => join(folder!, `${finished.reproduction.paper}-${id}.svg`);
  const drawn = folder === undefined ? [] : finished.figures.map((figure) => ({ figure, path: pathOf(figure.id) }));
  for (const { figure, path } of drawn) contents.set(path, renderFigure(figure));
  if (out !== undefined) {
    files.out = out;
    const fromThere = (path: string) => relative(dirname(out), path).split(sep).join('/');
    const section = reproductionMarkdown(finished, {
      command,
      finishedAt: finishedAt(finished.facts),
      ...(files.report === undefined ? {} : { page: fromThere(files.report) }),
      figures: drawn.map(({ figure, path }) => ({ figure, path: fromThere(path) })),
    });
    contents.set(out, section);
  }
  return { contents, files };
}
