import type { JsonValue } from '@branchline/core';
import { nameTag } from '../charts/symbols.js';
import { formatRate, shortDigest } from '../format.js';
import { type Content, html, type Markup } from '../html.js';
import { type ReportView, releaseOf } from '../view.js';
import { panelsOf, scrolling, section } from './figure.js';

const digest = (value: string): Markup => html`<code title="${value}">${shortDigest(value)}</code>`;

/** The plugins of every strategy. */
export function pluginsSection(view: ReportView): Markup {
  return section(
    'plugins',
    'Plugins of the strategies',
    'Plugins in the order in which they decide, with their options.',
    panelsOf(
      view.strategies,
      (strategy) =>
        html`<article class="recipe ${strategy.colour}"><h3>${nameTag(strategy)}${strategy.isBaseline ? html` <small>baseline</small>` : null}</h3><ol>${strategy.result.plugins.map(
          (plugin) =>
            html`<li><b>${plugin.name}</b> ${plugin.version === undefined ? null : html`<small>${plugin.version}</small>`}${options(plugin.options)}</li>`,
        )}</ol></article>`,
      'recipes',
    ),
  );
}

function options(value: JsonValue): Markup | null {
  if (value === null || (typeof value === 'object' && Object.keys(value).length === 0)) return null;
  const entries: readonly (readonly [string, JsonValue])[] =
    typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : [['options', value]];
  return html`<dl>${entries.map(([key, option]) => html`<div><dt>${key}</dt><dd>${optionText(option)}</dd></div>`)}</dl>`;
}

/** An option for display: scalars as text, short lists with commas, the rest as JSON. */
function optionText(value: JsonValue): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null))
    return value.map((item: JsonValue) => optionText(item)).join(', ');
  return JSON.stringify(value);
}

/** Everything that determines the outcome. */
export function reproduceSection(view: ReportView): Markup {
  const { experiment, data, trainer, training, model, seeds } = view.results;
  const row = (term: string, value: Content) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
  return section(
    'reproduce',
    'How to reproduce this',
    html`Equal experiment digests on a trainer with equal numerics train equal models${trainer.deterministic ? ', bit for bit' : '; this trainer does not promise equal bits'}.`,
    html`<pre class="command"><code>${experiment.command}</code></pre>
<dl class="details">${row('Experiment', html`<code>${experiment.digest}</code>`)}${row('Data', html`<code>${data.digest}</code>`)}${row(seeds.length === 1 ? 'Seed' : 'Seeds', seeds.join(', '))}${row('Trainer', html`<bdi>${trainer.name} ${trainer.version}</bdi>`)}${row('Numerics', html`<bdi>${trainer.numerics}</bdi>`)}${row('Learning rate', `peak ${formatRate(training.lr.peak)}, ${training.lr.warmup} steps of warm-up, minimum ${formatRate(training.lr.minRatio)} of the peak`)}${row('Optimizer', html`<code>${compact(training.optimizer)}</code>`)}${row('Model', html`<code>${compact(withoutArrays(model.spec))}</code>`)}${model.start ? row('Started from', html`<bdi>${model.start.from}</bdi>, <code>${model.start.digest}</code>`) : ''}</dl>
<p class="reading">Weights of every release, as the first 12 digits of their SHA-256; hover over one for all 64. Equal digests mean equal models. × n: an average of n checkpoints.</p>
${scrolling(
  'Digests of all releases',
  html`<table class="digests"><caption class="sr">Digests of all releases</caption><thead><tr><th scope="col">Strategy</th>${view.versions.map((version) => html`<th scope="col"><bdi>${view.versionName(version)}</bdi></th>`)}</tr></thead><tbody>${view.strategies.map(
    (strategy) =>
      html`<tr><th scope="row">${nameTag(strategy)}</th>${view.versions.map((version) => {
        const release = releaseOf(strategy, version);
        return release
          ? html`<td>${digest(release.weightsDigest)}${release.averaged > 1 ? html` <small>× ${release.averaged}</small>` : null}</td>`
          : html`<td class="none">–</td>`;
      })}</tr>`,
  )}</tbody></table>`,
  view.others.length > 0,
)}`,
  );
}

/** A model of transformers without the shapes of its arrays, of which there can be thousands. */
function withoutArrays(spec: JsonValue): JsonValue {
  if (typeof spec !== 'object' || spec === null || !('kind' in spec)) return spec;
  const { arrays: _, ...rest } = spec;
  return rest;
}

function compact(value: JsonValue): string {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value);
  return Object.entries(value)
    .map(([key, option]) => `${key} ${optionText(option)}`)
    .join(', ');
}
