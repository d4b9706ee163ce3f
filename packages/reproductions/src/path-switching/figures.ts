/** The figures of the path-switching paper. The headline figure is the front of cost against loss. */
import type { Results } from '@branchline/evaluation';
import type { Facts, PaperFigure } from '../paper/definition.js';
import { pairedLosses } from '../paper/figures.js';
import { namesOf } from '../paper/tables.js';
import { costOf } from './costs.js';
import {
  ALPHAS,
  ARRIVAL,
  AVERAGED,
  averaged,
  averagedBranch,
  BY_VERSIONS,
  COMPARED,
  CPT,
  MAIN,
  PAPER_VERSIONS,
  PTFS,
  SHORT_ALPHAS,
  SHUFFLED,
  SWITCHING,
  SWITCHING_PLAN,
  switchingOver,
  USUAL,
  VERSIONS,
} from './names.js';

/** In the order of the page. */
export function figuresOfPathSwitching(facts: Facts): readonly PaperFigure[] {
  return [front(facts), graphs(facts), byVersions(facts.results[BY_VERSIONS]!), alphas(facts), spans(facts)];
}

const at = (results: Results, name: string, version?: number) => pairedLosses(results, version).get(name)!;

/** A constant line across the figure, for a strategy that is not varied. */
const level = (results: Results, label: string, ends: readonly number[]) => ({
  label,
  points: ends.map((x) => ({ x, y: at(results, label) })),
});

/**
 * All strategies of both experiments with four versions of the same model. Strategies in both have identical training.
 */
function front({ results }: Facts): PaperFigure {
  const [compared, averages] = [results[COMPARED]!, results[AVERAGED]!];
  const names = new Map([
    ...namesOf(averages).map((name) => [name, averages] as const),
    ...namesOf(compared).map((name) => [name, compared] as const),
  ]);
  return {
    kind: 'cost-loss',
    id: 'cost-loss',
    title: `Cost against loss of every strategy, after version ${PAPER_VERSIONS}`,
    caption:
      'Means over seeds, with 95% intervals for comparisons under the same seeds. On the left edge are strategies that train on every token once: nothing that learns from all data can cost less.',
    points: [...names].map(([name, of]) => ({
      label: name,
      cost: costOf(of, name),
      loss: at(of, name),
      group: groupOf(name),
      ...(name === PTFS('cosine') ? { baseline: true } : {}),
    })),
    costTitle: 'tokens trained, in parts of training from scratch (PTFS)',
    lossTitle: `loss after version ${PAPER_VERSIONS}, nats per byte`,
    floor: { cost: 0.4, label: 'every token once' },
  };
}

function groupOf(name: string): string {
  if (/(sma|ema|wma|merge|LAWA)/.test(name)) return 'averages';
  if (name.startsWith('PTFS')) return 'from scratch (PTFS)';
  if (name.startsWith('CPT')) return 'continual (CPT)';
  return name.startsWith('path switching') ? 'path switching' : 'one path';
}

function graphs({ plans }: Facts): PaperFigure {
  const { graph, increment } = plans[ARRIVAL]!;
  return {
    kind: 'graph',
    id: 'graph-finds-path-switching',
    title: 'The graph finds path switching',
    caption:
      'Four trainings from scratch under warm-up-stable-decay. Shuffled, each its own way, they have nothing in common. In order of arrival no plugin says that they do, and the run graph trains their equal steps once. Below, path switching: the same segments, and the releases are the same bits.',
    panels: [
      { title: 'from scratch, shuffled', graph: plans[SHUFFLED]!.graph },
      { title: 'from scratch, in order of arrival', graph },
      { title: 'path switching', graph: plans[SWITCHING_PLAN]!.graph },
    ],
    unit: { steps: increment, name: 'T' },
  };
}

function byVersions(results: Results): PaperFigure {
  const series = [PTFS('cosine'), CPT('cosine'), SWITCHING('cosine'), MAIN, averaged(MAIN)];
  return {
    kind: 'lines',
    id: 'by-versions',
    title: 'Release by release',
    caption:
      'Loss after each of six versions, means over seeds, with 95% intervals for comparisons under the same seeds.',
    xTitle: 'versions',
    yTitle: 'loss, nats per byte',
    xTicks: VERSIONS.map((version) => ({ at: version, label: String(version) })),
    panels: [
      {
        title: 'under cosine',
        series: series.map((label) => ({
          label,
          points: VERSIONS.map((version) => ({ x: version, y: at(results, label, version) })),
        })),
      },
    ],
  };
}

function alphas({ results }: Facts): PaperFigure {
  const [compared, averages] = [results[COMPARED]!, results[AVERAGED]!];
  const averagedPoints = SHORT_ALPHAS.map((alpha) => ({ x: alpha, y: at(averages, averagedBranch(alpha)) }));
  return {
    kind: 'lines',
    id: 'alpha',
    title: 'How long a branch must be',
    caption:
      'Loss after version 4 against the share of an increment in each branch. Alpha 0 is the main path itself. The second line is an average over each branch; at 0, the usual average on the main path.',
    xTitle: 'alpha',
    yTitle: 'loss, nats per byte',
    panels: [
      {
        title: 'under cosine',
        series: [
          {
            label: 'end of the branch',
            points: [0, ...ALPHAS].map((alpha) => ({
              x: alpha,
              y: at(compared, alpha === 0 ? MAIN : switchingOver(alpha)),
            })),
          },
          { label: 'average', points: [{ x: 0, y: at(compared, averaged(MAIN)) }, ...averagedPoints] },
          level(compared, PTFS('cosine'), [0, 1]),
        ],
      },
    ],
  };
}

function spans({ results }: Facts): PaperFigure {
  const averages = results[AVERAGED]!;
  return {
    kind: 'lines',
    id: 'average-span',
    title: 'How far back an average must reach',
    caption:
      'Loss after version 4 of the plain average of six checkpoints of the main path, against the distance from the oldest to the newest.',
    xTitle: 'span, in increments',
    yTitle: 'loss, nats per byte',
    panels: [
      {
        title: 'six checkpoints',
        series: [
          {
            label: 'average (sma)',
            points: [0.125, 0.25, 0.5, 1].map((span) => ({
              x: span,
              y: at(averages, averaged(MAIN, { ...USUAL, span })),
            })),
          },
          level(averages, MAIN, [0.125, 1]),
          level(averages, SWITCHING('cosine'), [0.125, 1]),
        ],
      },
    ],
  };
}
