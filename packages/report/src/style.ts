/**
 * Colours of light and dark mode; index 0 is the baseline. The first six are distinct for all types of colour vision.
 */
const palettes = {
  light: ['#59616e', '#2372e8', '#c93c0a', '#0b9e78', '#6a1b9a', '#c28a00', '#d9559f', '#0d3b66', '#5e3410'],
  dark: ['#98a1ae', '#4a90ff', '#f4703a', '#22c494', '#d3a4ff', '#f6cf5f', '#ff7ab8', '#a9def5', '#a8743f'],
};

const surfaces = {
  light:
    '--page:#f6f7f9;--card:#fff;--ink:#171b21;--soft:#566070;--line:#dfe3e9;--grid:#e9ecf0;--tint:#f0f3f7;--shade:#171b211c;--best:#eef0f4;--best-line:#8b95a5;--warm:#e8590c;--good:#14764a;--bad:#b3360a',
  dark: '--page:#0f1216;--card:#171b21;--ink:#e8ebef;--soft:#9aa5b3;--line:#2c333c;--grid:#252b33;--tint:#1d232b;--shade:#000c;--best:#252c36;--best-line:#7d8899;--warm:#ff7b39;--good:#5fd39a;--bad:#ff9468',
};

const variables = (mode: 'light' | 'dark') =>
  `${surfaces[mode]};${palettes[mode].map((colour, index) => `--c${index}:${colour}`).join(';')}`;

const colours = `${palettes.light.map((_, index) => `.c${index}{--c:var(--c${index})}`).join('')}.cr{--c:color-mix(in oklab,var(--soft) 55%,var(--card))}`;

/** The style sheet of a standalone chart file, including dark mode. */
export const chartStyle = (): string =>
  `:root{${variables('light')}}@media (prefers-color-scheme:dark){:root{${variables('dark')}}}${colours}${charts}${figures}`;

/** The style sheet of a paper page: a text column and captions. */
export const paperStyle = (): string => `:root{color-scheme:light dark;${variables('light')}}
@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}}
${colours}${base}${charts}${tables}${figures}${paper}${narrow}${print}`;

/** The style sheet of a report. `strategies` are the indices of the strategies that need dimming rules. */
export function styleSheet(strategies: readonly number[]): string {
  // Without scripts: hovering over a legend entry or panel dims the marks of other strategies by a rule per strategy.
  const dimming = strategies
    .map((index) => `main:has(.pick[data-s="${index}"]:hover) svg [data-s]:not([data-s="${index}"])`)
    .join(',');
  return `:root{color-scheme:light dark;${variables('light')}}
@media screen and (prefers-color-scheme:dark){:root{${variables('dark')}}}
${colours}${base}${charts}${tables}
@media (hover:hover){${dimming}{opacity:.13}svg [data-s]{transition:opacity .12s}}
${narrow}${print}`;
}

/** The style sheet of the live page of a run: that of the report, and what is not trained yet. */
export const liveStyle = (strategies: readonly number[]): string => `${styleSheet(strategies)}${live}`;

const base = `
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
main,footer{max-width:1168px;margin:0 auto;padding:0 24px}
header{padding:56px 0 8px}
h1{font-size:clamp(1.55rem,1.05rem + 2.1vw,2.5rem);line-height:1.16;letter-spacing:-.018em;font-weight:700;margin:.35em 0 .5em;max-width:26em;text-wrap:balance}
h2{font-size:1.35rem;line-height:1.25;letter-spacing:-.01em;margin:0 0 .35em}
h3{font-size:1rem;line-height:1.3;margin:0}
section{margin:28px 0;padding:26px 28px 28px;background:var(--card);border:1px solid var(--line);border-radius:14px}
section>h3{margin:26px 0 2px}
p{margin:0 0 1em}
small{font-size:.8125rem;color:var(--soft);font-weight:400}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875em}
figure{margin:0}
svg{display:block;max-width:100%;height:auto;font-family:inherit}
footer{padding:4px 24px 48px;color:var(--soft);font-size:.875rem}
.kicker{color:var(--soft);font-size:.9375rem;margin:0}
h1 .swatch,.lead .swatch{width:.62em;height:.62em;margin-right:.22em;vertical-align:.04em}
.standing{font-weight:400}
h1 .standing{display:inline-block;font-size:.55em;letter-spacing:0;line-height:1.4;padding:.1em .6em;border:1px solid var(--line);border-radius:.5em;background:var(--tint);color:var(--soft);vertical-align:.22em}
h1 .standing.better{color:var(--good);border-color:currentColor}
h1 .standing.worse{color:var(--bad);border-color:currentColor}
.lead .strategy{font-weight:600}
.lead{font-size:1.125rem;max-width:46em;text-wrap:pretty}
.reading{color:var(--soft);max-width:50em;margin-bottom:16px;text-wrap:pretty}
.caveat{border-left:3px solid var(--warm);padding:2px 0 2px 14px;max-width:50em;color:var(--soft);margin:18px 0 26px}
.caveat strong{color:var(--ink)}
.caveat.partial{border:2px solid var(--warm);border-radius:10px;padding:12px 16px;max-width:none;background:color-mix(in oklab,var(--warm) 12%,var(--card));color:var(--ink)}
.caveat a{color:inherit}
.facts{display:flex;flex-wrap:wrap;gap:1px;margin:0;background:var(--line);border:1px solid var(--line);border-radius:14px;overflow:hidden}
.fact{flex:1 1 190px;min-width:0;background:var(--card);padding:14px 18px 16px}
.fact dt{color:var(--soft);font-size:.8125rem}
.fact dd{margin:2px 0 0;font-weight:600;line-height:1.35}
.fact small{display:block;margin-top:3px}
.bar{display:block;height:5px;border-radius:3px;background:var(--grid);overflow:hidden;margin-top:7px}
.bar>span{display:block;height:100%;background:var(--c,var(--c1));border-radius:3px}
.name{display:inline-flex;align-items:baseline;gap:.4em}
.name .swatch{flex:none;align-self:flex-start;width:16px;margin-top:.2em}
.swatch{display:inline-block;overflow:visible;vertical-align:-2px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:0 0 12px;font-size:.875rem}
.legend li{cursor:default;min-width:0}
.legend bdi{max-width:26em;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
th bdi,h3 bdi{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:8;overflow:hidden}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,318px),1fr));gap:26px 24px}
.panels figcaption{font-weight:600;margin-bottom:2px}
.panel h3{margin-bottom:8px}
.panels figure>svg,.wide>svg,.narrow>svg{width:100%}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:24px}
.narrow{display:none}
.recipes{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:18px}
.recipe{border-top:3px solid var(--c);padding-top:10px}
.recipe ol{margin:8px 0 0;padding-left:1.3em}
.recipe li{margin-bottom:8px}
.recipe dl,.details{margin:2px 0 0;font-size:.875rem}
.recipe dl div{display:flex;gap:.6em}
.recipe dt,.details dt{color:var(--soft);flex:none}
.recipe dd,.details dd{margin:0;min-width:0}
.details{margin:16px 0 22px;font-size:.9375rem;display:grid;gap:5px}
.details div{display:grid;grid-template-columns:8.5em 1fr;gap:.6em}
.command{margin:0;padding:14px 16px;border-radius:10px;background:var(--tint);border:1px solid var(--line);white-space:pre-wrap;font-size:.9375rem}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.scroll{overflow-x:auto;max-width:100%;position:relative;background:linear-gradient(90deg,transparent,var(--card) 70%) right/44px 100% no-repeat local,linear-gradient(-90deg,var(--shade),transparent) right/18px 100% no-repeat scroll}
.scroll.tall{overflow:auto;max-height:min(80vh,52rem)}
.scroll.tall thead{position:sticky;top:0;z-index:2;background:var(--card)}
.scroll.tall thead tr:first-child th:first-child{z-index:3}
details{margin-top:20px}
summary{cursor:pointer;font-weight:600;margin-bottom:12px}
.scroll:focus-visible{outline:2px solid var(--c1);outline-offset:4px;border-radius:4px}
`;

const charts = `
svg text{fill:var(--ink);font-size:12px}
.axis text{fill:var(--soft);font-size:11.5px}
.axis .grid,line.grid{stroke:var(--grid)}
.axis .rule,.axis .tick{stroke:var(--soft);stroke-opacity:.55}
.axis-title,.axis text.axis-title{fill:var(--soft);font-size:11.5px}
text.hint{fill:var(--soft);font-size:12px;font-style:italic}
tspan.label{fill:color-mix(in oklab,var(--c) 72%,var(--ink))}
text.label{font-weight:650;fill:color-mix(in oklab,var(--c) 72%,var(--ink));paint-order:stroke;stroke:var(--card);stroke-width:3.5px;stroke-linejoin:round}
text.value{fill:var(--soft);paint-order:stroke;stroke:var(--card);stroke-width:3.5px;stroke-linejoin:round}
text.mark-label{font-size:11.5px;font-weight:650;paint-order:stroke;stroke:var(--card);stroke-width:3.5px;stroke-linejoin:round}
.marker{fill:var(--c);stroke:var(--card);stroke-width:1.2}
.leader{stroke:var(--soft);stroke-opacity:.5;fill:none}
.floor{stroke:var(--soft);stroke-width:1;stroke-dasharray:1 4;stroke-linecap:round}
.front{fill:none;stroke:var(--ink);stroke-width:1.6;stroke-dasharray:5 3.5;stroke-linejoin:round}
.dominated{fill:var(--ink);fill-opacity:.035}
.zero{stroke:var(--c0);stroke-width:1.4}
.line{fill:none;stroke:var(--c);stroke-linejoin:round;stroke-linecap:round}
.line.main{stroke-width:2.6}
.line.branch{stroke-width:2.1}
.line.series{stroke-width:2.2}
.line.raw{stroke-width:.8;opacity:.28}
.line.smooth{stroke-width:1.7}
.line.smooth.branch{stroke-width:2}
.under{fill:var(--c);fill-opacity:.13}
.fork{fill:var(--card);stroke:var(--c);stroke-width:1.8}
.release{fill:var(--c);stroke:var(--card);stroke-width:1.4}
.bracket{fill:none;stroke:var(--c);stroke-width:1.3}
.part{fill:var(--card);stroke:var(--c);stroke-width:1.2}
.strand{fill:none;stroke:var(--c)}
.strand.reset{stroke-dasharray:3 3}
.average{fill:none;stroke:var(--c);stroke-width:.9;stroke-opacity:.7}
.station{fill:var(--card);stroke:var(--ink);stroke-width:1.7}
.station.init{fill:var(--ink)}
.stop{fill:var(--card);stroke:var(--ink);stroke-width:.9}
.interval{fill:none;stroke:var(--c);stroke-width:1.6}
.interval.inner{stroke-width:5;stroke-opacity:.55}
.margin{fill:var(--c0);fill-opacity:.12}
.bound{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:4 3}
.seed{fill:var(--c);fill-opacity:.45}
.line.run{stroke-width:1;opacity:.35}
text.verdict{font-weight:650}
text.verdict.better,text.verdict.holds{fill:var(--good)}
text.verdict.worse,text.verdict.fails{fill:var(--bad)}
text.verdict.undecided{fill:var(--soft);font-weight:400}
.map svg{min-width:940px;width:100%}
`;

/** Style of the figures of a paper page and of their files. */
const figures = `
.disk{fill:var(--c);stroke:var(--card);stroke-width:1}
.disk.ring{stroke:var(--ink);stroke-width:2}
.beyond{fill:var(--c)}
text.number{font-size:9px;font-weight:700;fill:var(--card)}
.column{stroke:var(--soft);stroke-opacity:.22}
text.value{font-size:11px}
text.hint{paint-order:stroke;stroke:var(--card);stroke-width:3px;stroke-linejoin:round}
text.soft{fill:var(--soft)}
text.panel{font-size:13px;font-weight:650}
.tint{fill:var(--warm)}
.tint.below{fill:var(--c1)}
.fill{fill:var(--c);fill-opacity:.55}
.whisker{stroke:var(--ink);stroke-width:1.3;fill:none}
`;

const paper = `
main,footer{max-width:1006px}
figcaption{text-align:left;color:var(--soft);font-size:.9375rem;line-height:1.45;text-wrap:pretty}
figcaption{margin:12px 0 0}
.tabled figcaption{margin:0 0 8px}
figcaption b{color:var(--ink)}
section figure+figure{margin-top:38px}
td.text,th.text{text-align:left;white-space:normal;min-width:11em}
td.why{white-space:normal;text-align:left;min-width:15em}
.cells{width:auto;min-width:min(100%,34rem)}
.cells th,.cells td{font-size:.875rem}
.cells thead th{white-space:normal}
.cells td:not(.text){white-space:nowrap}
.claims td,.claims th{font-size:.875rem}
.claims tbody th{font-weight:400;min-width:17rem}
.claims tbody th small{display:block}
.claims tbody th code{display:block;font-weight:600;font-size:.8125rem;white-space:nowrap}
.diverged{color:var(--warm);font-weight:600}
.caveat.missing{margin:18px 0 0;max-width:none}
.claims tbody th,.claims thead tr:first-child th:first-child{position:static;max-width:none}
.known{margin:0;padding:0;list-style:none}
.known li{border-left:3px solid var(--line);padding:2px 0 2px 14px;margin:0 0 18px}
.known li.fails{border-color:var(--bad)}
.known p{margin:0 0 .3em;max-width:52em}
.known .verdict{font-weight:650}
.known .fails .verdict{color:var(--bad)}
a{color:color-mix(in oklab,var(--c1) 80%,var(--ink))}
@media screen and (max-width:640px){.claims tbody th{min-width:11rem}}
`;

const tables = `
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{padding:8px 9px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{color:var(--soft);font-weight:500;font-size:.8125rem;vertical-align:bottom;padding-top:3px;padding-bottom:5px}
thead tr:first-child th[colspan]{text-align:center;border-bottom:1px solid var(--line)}
thead tr:last-child th{border-bottom:1px solid var(--soft)}
tbody th,thead tr:first-child th:first-child{text-align:left;white-space:normal;padding-left:0;position:sticky;left:0;background:var(--card);min-width:8.5rem;z-index:1}
thead th[rowspan]{border-bottom:1px solid var(--soft)}
tbody th{font-weight:600}
td small{display:block;font-size:.8125rem}
td.best>span:first-child{display:inline-block;background:var(--best);box-shadow:inset 0 0 0 1px var(--best-line);border-radius:5px;padding:1px 6px;margin:-1px -6px;font-weight:650}
td.ratio{min-width:5.4rem}
td.none{color:var(--soft)}
td.standing.better>span{color:var(--good);font-weight:600}
td.standing.worse>span{color:var(--bad);font-weight:600}
td.standing small{white-space:normal;min-width:7em}
td.verdict{text-align:left}
td.verdict.better,td.verdict.holds{color:var(--good);font-weight:600}
td.verdict.worse,td.verdict.fails{color:var(--bad);font-weight:600}
.verdicts th small{display:block;max-width:34em}
.verdicts td:last-child{white-space:normal;min-width:15em}
.heat{background:color-mix(in oklab,var(--warm) calc(var(--h)*.42%),transparent)}
.heatmap th.first,.heatmap td.first{border-left:6px solid var(--card)}
.heatmap thead tr:last-child th{white-space:normal;max-width:9em}
.matrix{width:auto;overflow-wrap:break-word}
.matrix th,.matrix td{padding:5px 6px}
.matrix th bdi{max-width:8.5em}
.matrix th small{display:block;font-size:inherit}
.matrix tbody th,.matrix thead tr:first-child th:first-child{min-width:0;padding-left:0}
.matrix tbody th{font-weight:400;font-size:.87em}
.matrix td.ahead{font-style:italic;color:color-mix(in oklab,var(--ink) 70%,transparent)}
.sums{display:flex;flex-wrap:wrap;gap:0 18px;margin:8px 0 0;font-size:.875rem}
.sums div{display:flex;gap:.45em}
.sums dt{color:var(--soft)}
.sums dd{margin:0;font-weight:600}
.digests td small{display:inline}
.digests th,.digests td{text-align:left}
`;

const live = `
#live>header{padding-top:36px}
#live{overflow-anchor:none;margin-bottom:36px}
#connection{position:sticky;top:0;z-index:5;margin:0 -24px;padding:10px 24px;background:color-mix(in oklab,var(--warm) 22%,var(--card));border-bottom:2px solid var(--warm);font-weight:600}
h1.state{margin-bottom:.35em}
h1.state .mark{font-size:.72em;display:inline-block;min-width:1.1em;color:var(--c1)}
h1.state.finished .mark{color:var(--good)}
h1.state.failed .mark,h1.state.killed .mark{color:var(--bad)}
h1.state.stopped .mark{color:var(--warm)}
h1.state .share{color:var(--soft);font-weight:600}
.bar.long{height:9px;border-radius:5px;margin:0 0 20px}
.about{white-space:pre-line;max-width:52em}
.lanes,.of,.messages{list-style:none;margin:0;padding:0}
.lanes{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,270px),1fr));gap:14px;margin-top:10px}
.lane{border:1px solid var(--line);border-radius:10px;padding:12px 14px;min-width:0}
.lane h3 small{font-weight:400}
.lane .of{margin:6px 0 4px;font-size:.875rem;min-height:1.5em}
.lane .of bdi{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;max-width:220px}
.lane p{margin:8px 0 0;font-size:.875rem;color:var(--soft)}
.lane.idle{border-style:dashed;color:var(--soft)}
.messages li{border-left:3px solid var(--line);padding:2px 0 2px 12px;margin:8px 0;white-space:pre-line;max-width:70em}
.messages li.warn{border-color:var(--warm)}
.messages li.error{border-color:var(--bad);border-left-width:6px}
.messages li.error strong{color:var(--bad)}
.amounts{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:14px 24px;margin:14px 0 8px}
.amounts dt{color:var(--soft);font-size:.8125rem}
.amounts dd{margin:0;font-weight:600}
.amounts small{display:block}
.kicker a{color:inherit;font-weight:600}
p.note{margin:8px 0 0;font-size:.875rem}
#releases>.panels{margin-top:22px}
#releases-large h3{margin-bottom:8px}
.strand.planned{stroke-width:1.3;stroke-dasharray:1.4 3.4;stroke-opacity:.85}
.average.planned{stroke-dasharray:1.4 3.4}
.station.done{fill:var(--ink)}
.station.ahead{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:2.4 1.8}
.stop.ahead{stroke:var(--soft)}
.release.ahead{fill:var(--card);stroke:var(--c);stroke-width:1.3}
.planned .line{stroke-width:1.2;stroke-dasharray:1 3;opacity:.9}
.planned .under{fill-opacity:.05}
@media screen and (max-width:640px){#live>header{padding-top:20px}#connection{margin:0 -14px;padding:8px 14px}.about{font-size:1rem}.map svg{min-width:820px}}
`;

const narrow = `
@media screen and (max-width:860px){.pair{grid-template-columns:1fr}}
@media screen and (max-width:640px){
body{font-size:15px}
main,footer{padding-left:14px;padding-right:14px}
header{padding-top:28px}
section{padding:18px 14px 20px;margin:16px 0;border-radius:12px}
.scroll::before{content:"Wider than the screen: swipe sideways →";display:block;position:sticky;left:0;width:max-content;max-width:100%;padding:1px 8px;border-radius:6px;background:var(--tint);color:var(--soft);font-size:.75rem;white-space:nowrap}
@supports (animation-timeline:scroll()){.scroll::before{visibility:hidden;height:0;padding-block:0;animation:wider linear;animation-timeline:scroll(nearest inline)}@keyframes wider{from,to{visibility:visible;height:1.8em;padding-block:1px}}}
.wide{display:none}.narrow{display:block}
.legend.narrow{display:flex}
.fact{flex-basis:140px;padding:12px 14px}.fact.sharing{flex-basis:100%}
.details div{grid-template-columns:1fr;gap:0}.details{gap:10px}
tbody th,thead tr:first-child th:first-child{min-width:7.2rem;max-width:8.6rem;font-size:.8125rem}
.legend{gap:4px 14px}
.legend bdi{max-width:74vw;white-space:normal}
}
`;

const print = `
@page{margin:13mm}
@media print{
body{background:#fff;font-size:10.5pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,footer{padding:0;max-width:none}
header{padding-top:0}
section{border:0;padding:0;margin:22px 0;border-radius:0}
.panels{grid-template-columns:repeat(2,1fr);gap:14px 22px}
.fact{flex-basis:28%}
.recipes{grid-template-columns:repeat(3,1fr)}
.scroll,.scroll.tall{overflow:visible;max-height:none}
table{font-size:7.4pt}th,td{padding:4px 3px}td.best>span:first-child{padding:1px 3px;margin:-1px -3px}td.ratio{min-width:0}thead th,td small{font-size:6.8pt}
tbody th,thead tr:first-child th:first-child{position:static;min-width:0}
.map svg{min-width:0}
h2,h3,.reading{break-after:avoid}
figure,tr,.recipe,.fact,header{break-inside:avoid}
}
`;
