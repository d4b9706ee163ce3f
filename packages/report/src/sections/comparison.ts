import type { ClaimResult, ComparisonResult } from '@branchline/evaluation';
import { type ForestRow, forest } from '../charts/forest.js';
import { twoSizes } from '../charts/frame.js';
import { legend } from '../charts/symbols.js';
import { formatDate, formatPercent } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import type { ReportView } from '../view.js';
import { scrolling, section, shownNote } from './figure.js';

/**
 * Compares every strategy with the baseline and checks the claims of the experiment file: effects, intervals, verdicts,
 * and the registration of the rule.
 */
export function comparisonSection(view: ReportView): Markup {
  const { comparison } = view.results;
  if (comparison === null) return html``;
  const { comparisons, claims } = comparison;
  const families: Content[] = [];
  if (comparisons.length > 0) families.push(comparisonsPart(view, comparisons));
  if (claims.length > 0) families.push(claimsPart(claims));
  return section(
    'comparison',
    'Verdicts',
    html`${ruleText(view, comparison)}${shownNote(view)}`,
    html`${registration(comparison)}${families}`,
  );
}

function comparisonsPart(view: ReportView, comparisons: readonly ClaimResult[]): Markup {
  const rows = comparisons.map((result): ForestRow => {
    const name = result.terms[0]!.strategy;
    return { result, label: name, strategy: view.byName.get(name) };
  });
  const title = 'Differences to the baseline with their intervals';
  const drawn = rows.filter(({ strategy }) => strategy?.isShown !== false);
  return html`<figure>${legend(view.shown, null, 'narrow')}${twoSizes((size) => forest(drawn, { common: true, size, id: `forest-${size}`, title }))}</figure>${verdictTable('Strategy', rows, false, view.others.length > 0)}`;
}

function claimsPart(claims: readonly ClaimResult[]): Markup {
  const rows = claims.map((result): ForestRow => ({ result, label: result.id, strategy: undefined }));
  const title = 'Effects of the claims with their intervals';
  return html`<h3>Claims</h3><p class="reading">The claims of the experiment file. Every row has its own scale; the mark across it is the bound of the claim.</p><figure>${twoSizes((size) => forest(rows, { common: false, size, id: `claims-${size}`, title }))}</figure>${verdictTable('Claim', rows, true)}`;
}

function verdictTable(head: string, rows: readonly ForestRow[], words = false, isTall = false): Markup {
  return scrolling(
    `${head}: effects and verdicts`,
    html`<table class="verdicts"><caption class="sr">${head}: effects and verdicts</caption>
<thead><tr><th scope="col">${head}</th><th scope="col">Effect</th><th scope="col">Interval</th><th scope="col">Confidence</th><th scope="col">p, corrected</th><th scope="col">Verdict</th><th scope="col">Every seed</th></tr></thead>
<tbody>${rows.map(({ result, label, strategy }) => {
      const { effect, interval, adjusted, verdict, reason, values, claim, seeds } = result;
      const show = numbers(result);
      return html`<tr class="${strategy?.colour ?? 'c0'}"><th scope="row"><bdi>${label}</bdi>${words ? html`<small><bdi>${claim}</bdi></small>` : null}</th><td>${effect === null ? '–' : show(effect)}</td><td>${interval === null ? '–' : `${show(interval.low)} to ${show(interval.high)}`}</td><td>${interval === null ? '–' : formatPercent(interval.confidence)}</td><td>${adjusted === null ? '–' : probability(adjusted)}</td><td class="verdict ${verdict}">${verdict}${reason === null ? null : html`<small><bdi>${reason}</bdi></small>`}</td><td><small>${values.map((value, index) => html`${index > 0 ? ', ' : ''}<span title="${`seed ${seeds[index]}`}">${show(value)}</span>`)}</small></td></tr>`;
    })}</tbody></table>`,
    isTall,
  );
}

/** A number format with the decimals that the largest number of a claim needs. */
function numbers({ interval, values }: ClaimResult): (value: number) => string {
  const size = Math.max(...[...values, interval?.low ?? 0, interval?.high ?? 0].map(Math.abs));
  const digits = size >= 1000 ? 0 : size >= 10 ? 2 : 4;
  return (value) => {
    const text = Math.abs(value).toFixed(digits);
    return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
  };
}

const probability = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

/** The rule and how to read the intervals. */
function ruleText({ results }: ReportView, { rule, comparisons, claims }: ComparisonResult): Markup {
  const { margin, confidence, correction } = rule;
  const equivalent =
    margin === null
      ? 'The rule has no margin, so no strategy is called equivalent.'
      : `Differences below ${margin} do not matter: a strategy is equivalent if the thick line, the interval of the two one-sided tests, lies within the tinted margin.`;
  const many = comparisons.length > 1 || claims.length > 1;
  const corrected = many
    ? ` Intervals are wider than for a single comparison at ${formatPercent(confidence)}: they are corrected for the number of ${claims.length > 0 ? 'comparisons, and of claims' : 'comparisons'} (${correction === 'holm' ? 'Holm' : 'Bonferroni'}).`
    : '';
  return html`Every difference is computed per seed (the same text, the same initial weights) and averaged over ${results.seeds.length === 1 ? 'the only seed' : `${results.seeds.length} seeds`}. The thin line is Student's interval of the mean; a strategy is better or worse if it excludes zero. Dots are seeds. ${equivalent}${corrected}`;
}

/** The time at which the rule was fixed, with a warning if results existed by then. */
export function registration({
  registration: { time, releases, of, others },
  digest,
}: Pick<ComparisonResult, 'registration' | 'digest'>): Markup {
  const fixed = html`The rule (<code title="${digest}">${digest.slice(0, 12)}</code>) was fixed <time datetime="${time}">${formatDate(time)}</time>`;
  const before = releases === 0;
  const more = others.map(
    (other) =>
      html` Another ${other.differs.join(' and other ')} had been fixed ${formatDate(other.time)}, with ${other.releases} of ${other.of} releases evaluated.`,
  );
  if (before && others.length === 0)
    return html`<p class="reading">${fixed}, before the first release was evaluated.</p>`;
  return html`<p class="caveat"><strong>${before ? 'Fixed before the results, but changed in between' : `Fixed after ${releases} of ${of} releases had been evaluated`}.</strong> ${fixed}.${more}</p>`;
}
