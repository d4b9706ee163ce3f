/** Figures of shifting versions. */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperFigure } from '../paper/definition.js';
import { costLossPoints } from '../paper/figures.js';
import { estimateOf } from '../paper/tables.js';
import { lossMatrix, type Measure, measured, onAll, onNewest, onPast } from './losses.js';
import { average, cpt, PTFS, RATIOS, STRONG, SWITCHING_RATIOS, switching } from './names.js';
import { SHOWN } from './tables.js';

type Figure<Kind extends PaperFigure['kind']> = Extract<PaperFigure, { kind: Kind }>;

/** Headline figure first. */
export function figuresOfShiftingVersions({ results }: Facts, domains: readonly string[]): readonly PaperFigure[] {
  const strong = results[STRONG]!;
  return [headline(strong), replayFigure(strong, domains), lossFigure(strong), againstScratch(strong)];
}

function headline(results: Results): Figure<'cost-loss'> {
  return {
    kind: 'cost-loss',
    id: 'cost-loss',
    title: 'Cost against loss under a strong shift',
    caption:
      'Loss on the held-out text of all domains after the last version, means over seeds with 95% intervals for comparing strategies with each other (what a seed does to all of them alike is taken out). Replay costs nothing: it takes the place of new text.',
    points: costLossPoints(results, (name) => name.replace(/, replay.*/, '')),
    costTitle: 'cost, of training from scratch (PTFS)',
    lossTitle: 'loss after the last version, nats per byte',
  };
}

function replayFigure(results: Results, domains: readonly string[]): Figure<'lines'> {
  const lineOf = (of: (ratio: number) => string, ratios: readonly number[], measure: Measure) => ({
    label: of(0),
    points: ratios.flatMap((ratio) => {
      const sample = measured(results, of(ratio), measure);
      return sample === undefined ? [] : [{ x: ratio, y: estimateOf(sample) }];
    }),
  });
  const panel = (title: string, measure: Measure) => {
    const scratch = measured(results, PTFS, measure);
    return {
      title,
      series: [
        lineOf(cpt, RATIOS, measure),
        lineOf(switching, SWITCHING_RATIOS, measure),
        lineOf(average, SWITCHING_RATIOS, measure),
      ],
      levels: scratch === undefined ? [] : [{ label: PTFS, value: scratch.mean }],
    };
  };
  return {
    kind: 'lines',
    id: 'replay',
    title: 'What replay keeps and what it costs',
    caption: `Loss after the last version on the earlier domains, on the newest (${domains.at(-1)!}) and on all of them, by the share of a version that is replayed; bands are 95% intervals over seeds.`,
    xTitle: 'share of replay',
    yTitle: 'loss, nats per byte',
    xTicks: [0, 0.05, 0.1, 0.25].map((at) => ({ at, label: `${100 * at}%` })),
    panels: [
      panel('earlier domains', onPast(domains)),
      panel(`newest: ${domains.at(-1)!}`, onNewest(domains)),
      panel('all domains', onAll),
    ],
  };
}

const matrixFigure = (
  results: Results,
  about: Pick<Figure<'matrix'>, 'id' | 'title' | 'caption' | 'tint'>,
  names: readonly string[],
  valuesOf: (matrix: readonly (readonly number[])[]) => readonly (readonly number[])[],
): Figure<'matrix'> => {
  const texts = results.data.versions.map(({ name }) => name);
  return {
    ...about,
    kind: 'matrix',
    rowTitle: 'released after',
    columnTitle: 'text of',
    panels: names.flatMap((name) => {
      const matrix = lossMatrix(results, name);
      return matrix === undefined ? [] : [{ title: name, rows: texts, columns: texts, values: valuesOf(matrix) }];
    }),
  };
};

function lossFigure(results: Results): Figure<'matrix'> {
  return matrixFigure(
    results,
    {
      id: 'losses',
      title: 'Losses of every release on the text of every version',
      caption:
        'Left of the diagonal is text that was learnt before, right of it text that has not arrived yet. A column that grows darker below its diagonal is forgotten.',
      tint: 'sequential',
    },
    SHOWN,
    (matrix) => matrix,
  );
}

/** Forgetting and transfer, relative to training from scratch, so that hard text does not count as forgetting. */
function againstScratch(results: Results): Figure<'matrix'> {
  const scratch = lossMatrix(results, PTFS);
  return matrixFigure(
    results,
    {
      id: 'against-scratch',
      title: 'The same, less the loss of training from scratch on all text so far',
      caption:
        'Above 0, the release is worse on that text than one that was trained from scratch on all text up to then: below the diagonal, forgetting. Below 0 it is better: on the diagonal, it has given the newest text more of its steps.',
      tint: 'diverging',
    },
    scratch === undefined ? [] : SHOWN.filter((name) => name !== PTFS),
    (matrix) => matrix.map((row, release) => row.map((loss, text) => loss - scratch![release]![text]!)),
  );
}
