import { documentText } from '../document.js';
import { formatCount, formatDate } from '../format.js';
import { html, type Markup } from '../html.js';
import { section } from '../sections/figure.js';
import { paperStyle } from '../style.js';
import { claimsSection, knownSection } from './claims.js';
import type { PageClaim, PageExperiment, PaperPage } from './page.js';
import { figureOf, tableOf } from './parts.js';

/**
 * Renders a reproduction like the results section of a paper, as one self-contained HTML file without scripts. Equal
 * pages give equal text.
 */
export function renderPaper(page: PaperPage): string {
  const [headline, ...figures] = page.figures;
  const { tables } = page;
  return documentText({
    title: `${page.paper}, reproduced`,
    style: paperStyle(),
    main: html`${header(page)}
${headline === undefined ? null : section('headline', headline.title, null, figureOf(headline, 1))}
${figures.length === 0 ? null : section('figures', 'Figures', null, html`${figures.map((figure, index) => figureOf(figure, index + 2))}`)}
${tables.length === 0 ? null : section('tables', 'Tables', null, html`${tables.map((table, index) => tableOf(table, index + 1))}`)}
${claimsSection(page, { figure: page.figures.length + 1, table: tables.length + 1 })}
${knownSection(page.claims)}
${reproduceSection(page)}`,
    footer: html`Made by Branchline. This file loads nothing from the network.`,
  });
}

function header({ paper, source, setting, finishedAt, claims, experiments }: PaperPage): Markup {
  const count = (verdict: PageClaim['verdict']) => claims.filter((one) => one.verdict === verdict).length;
  const tile = (term: string, value: string | number, small: string) =>
    html`<div class="fact"><dt>${term}</dt><dd>${value}<small>${small}</small></dd></div>`;
  const tokens = experiments.reduce((sum, one) => sum + one.tokensTrained, 0);
  const most = (values: readonly number[]) => Math.max(0, ...values);
  return html`<header>
<p class="kicker">${source}. Finished ${formatDate(finishedAt)}.</p>
<h1>Reproducing ${paper}: ${count('holds')} of ${claims.length} claims hold, ${count('fails') === 0 ? 'none fails' : `${count('fails')} fail`}, ${count('undecided')} undecided</h1>
<p class="lead">${setting}</p>
<dl class="facts">${tile('Experiments', experiments.length, experiments.map(({ name }) => name).join(', '))}${tile(
    'Strategies',
    experiments.reduce((sum, one) => sum + one.strategies, 0),
    `under ${most(experiments.map(({ seeds }) => seeds))} seeds`,
  )}${tile('Model', formatCount(most(experiments.map(({ parameters }) => parameters))), 'parameters (largest)')}${tile('Trained', formatCount(tokens), 'tokens, shared steps once')}</dl>
${failures(experiments)}</header>`;
}

/** Strategies without results, listed before all other content. */
function failures(experiments: readonly PageExperiment[]): readonly Markup[] {
  return experiments.flatMap(({ name, failures: failed }) =>
    failed.map(
      ({ strategies, message }) =>
        html`<p class="caveat missing"><strong>Not among the results of <bdi>${name}</bdi>: <bdi>${strategies.join(', ')}</bdi>.</strong> <bdi>${message}</bdi></p>`,
    ),
  );
}

/** The command, and links to the experiments' reports. */
function reproduceSection({ command, experiments }: PaperPage): Markup {
  const rows = experiments.map(({ name, strategies, seeds, tokensTrained, digest, report }) => {
    const label = html`<bdi>${name}</bdi>`;
    return html`<tr><th scope="row">${report === undefined ? label : html`<a href="${report}">${label}</a>`}</th><td>${strategies}</td><td>${seeds}</td><td>${formatCount(tokensTrained)}</td><td><code title="${digest}">${digest.slice(0, 12)}</code></td></tr>`;
  });
  return section(
    'reproduce',
    'How to reproduce this',
    'Equal experiment digests on a trainer with equal numerics train equal models. Each experiment has its own report: learning-rate paths, run graph, losses version by version, digests of all releases.',
    html`<pre class="command"><code>${command}</code></pre><div class="scroll" role="region" aria-label="Experiments" tabindex="0"><table><caption class="sr">Experiments</caption><thead><tr><th scope="col">Experiment</th><th scope="col">Strategies</th><th scope="col">Seeds</th><th scope="col">Tokens trained</th><th scope="col">Digest</th></tr></thead><tbody>${rows}</tbody></table></div>`,
  );
}
