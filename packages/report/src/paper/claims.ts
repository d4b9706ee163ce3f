/** Claims: effects and intervals as figures, all verdicts as a table, and notes on claims that do not hold. */
import { type ForestRow, forest } from '../charts/forest.js';
import { twoSizes } from '../charts/frame.js';
import { formatPercent } from '../format.js';
import { html, type Markup } from '../html.js';
import { registration } from '../sections/comparison.js';
import { section } from '../sections/figure.js';
import type { PageClaim, PageExperiment, PaperPage } from './page.js';
import { captioned } from './parts.js';

/** Numbers of the section's first figure and of its table. */
interface Numbers {
  readonly figure: number;
  readonly table: number;
}

/** Verdicts of all claims, with the time at which the rule was fixed. */
export function claimsSection({ claims, experiments }: PaperPage, { figure, table }: Numbers): Markup {
  const judged = experiments.filter(({ name }) => claims.some(({ measured }) => measured?.experiment === name));
  return section(
    'claims',
    'Claims',
    'Effects are differences (strategy minus the other) unless a claim counts; each is computed per seed and averaged over seeds. Verdicts are based on the intervals shown, which are corrected for the number of claims of the experiment. A claim holds when its interval lies on the expected side of its bound, fails when its opposite is established, and is undecided otherwise.',
    html`${judged.map((experiment, index) => forestOf(experiment, claims, figure + index))}${claimTable(claims, table)}`,
  );
}

function forestOf(experiment: PageExperiment, claims: readonly PageClaim[], number: number): Markup {
  const rows = claims.flatMap(({ measured, id }): readonly ForestRow[] =>
    measured?.experiment === experiment.name ? [{ result: measured.result, label: id, strategy: undefined }] : [],
  );
  const title = `Claims about ${experiment.name}`;
  const drawn = twoSizes((size) =>
    forest(rows, {
      common: false,
      size: size === 'wide' ? 'column' : size,
      id: `claims-${number}-${size}`,
      title,
      rows: 'dense',
    }),
  );
  const { comparison } = experiment;
  const rule =
    comparison === null ? '' : ` Confidence ${formatPercent(comparison.rule.confidence)} for all claims together.`;
  return html`<figure>${drawn}<figcaption><b>Figure ${number}. ${title}.</b> Effects over ${experiment.seeds} seeds with their intervals; faint dots are seeds. Every row has its own scale; the dashed mark is the bound of the claim, the tinted band the margin of an equivalence claim.${rule}</figcaption>${comparison === null ? null : registration(comparison)}</figure>`;
}

function claimTable(claims: readonly PageClaim[], number: number): Markup {
  const rows = claims.map((one) => {
    const { id, claim, where, verdict, effect, interval, reason } = one;
    const show = numbers(one);
    return html`<tr><th scope="row"><code><bdi>${id}</bdi></code><bdi>${claim}</bdi><small><bdi>${where}</bdi></small></th><td class="verdict ${verdict}">${verdict}</td><td>${effect === null ? '–' : show(effect)}</td><td>${interval === null || interval.low === interval.high ? '–' : html`${show(interval.low)} to<br>${show(interval.high)}`}</td><td class="why"><bdi>${reason ?? ''}</bdi></td></tr>`;
  });
  return captioned(
    number,
    { title: 'Verdicts', caption: 'The small print below each claim is its place in the paper.' },
    html`<table class="claims"><caption class="sr">Verdicts</caption><thead><tr><th scope="col">Claim</th><th scope="col" class="text">Verdict</th><th scope="col">Effect</th><th scope="col">Interval</th><th scope="col" class="text">Why</th></tr></thead><tbody>${rows}</tbody></table>`,
  );
}

/** A number format with the decimals that the largest value needs, and a sign for differences. */
function numbers({ effect, interval }: PageClaim): (value: number) => string {
  const size = Math.max(...[effect, interval?.low, interval?.high].map((value) => Math.abs(value ?? 0)));
  const digits = size >= 1000 ? 0 : size >= 10 ? 2 : 4;
  return (value) => {
    const text = Math.abs(value).toFixed(digits);
    return Number(text) === 0 ? '0' : `${value < 0 ? '−' : ''}${text}`;
  };
}

/** Failed claims with reasons and notes, then undecided claims that have notes. */
export function knownSection(claims: readonly PageClaim[]): Markup {
  const failed = claims.filter(({ verdict }) => verdict === 'fails');
  const noted = claims.filter(({ verdict, note }) => verdict === 'undecided' && note !== null);
  if (claims.length === 0) return html``;
  const entry = ({ id, claim, verdict, reason, note }: PageClaim) =>
    html`<li class="${verdict}"><p><span class="verdict">${verdict}</span> <code><bdi>${id}</bdi></code> <bdi>${claim}</bdi></p>${reason === null ? null : html`<p class="reading"><bdi>${capital(reason)}.</bdi></p>`}<p>${note === null ? 'We do not know why.' : html`<bdi>${note}</bdi>`}</p></li>`;
  return section(
    'known',
    'What failed and what we know',
    failed.length === 0
      ? 'No claim fails: the opposite of none is established.'
      : 'Claims whose opposite is established, with known reasons.',
    failed.length + noted.length === 0 ? null : html`<ul class="known">${failed.map(entry)}${noted.map(entry)}</ul>`,
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
