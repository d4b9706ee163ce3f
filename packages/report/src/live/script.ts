/**
 * The script of the live page. It listens to the event source, replaces sections by the markup that the server sends,
 * and shows ages. Plain JavaScript without dependencies, so that the page needs no build step. Scroll positions, open
 * details and a selection of text survive a replacement.
 */
export const LIVE_SCRIPT = `(() => {
'use strict';
const live = document.getElementById('live');
const banner = document.getElementById('connection');
// Ages are relative to the clock of the server: that of this machine can be wrong.
let skew = live.dataset.now ? Number(live.dataset.now) - Date.now() : 0;
const age = (ms) => {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 100) return s + ' s ago';
  if (s < 5400) return Math.round(s / 60) + ' min ago';
  if (s < 172800) return Math.round(s / 3600) + ' h ago';
  return Math.round(s / 86400) + ' d ago';
};
const ages = () => {
  for (const time of document.querySelectorAll('time[data-ago]')) {
    time.title = time.dateTime;
    time.textContent = age(Date.now() + skew - Number(time.dataset.ago));
  }
};
const title = () => {
  const text = document.getElementById('status')?.dataset.title;
  if (text) document.title = text + ' · Branchline';
};
const waiting = new Map();
const isSelected = (element) => {
  const selection = getSelection();
  return !selection.isCollapsed && (element.contains(selection.anchorNode) || element.contains(selection.focusNode));
};
const put = (id, markup) => {
  const old = document.getElementById(id);
  if (!old) return;
  // Replacing a selection would take it away from who copies it.
  if (isSelected(old)) { waiting.set(id, markup); return; }
  waiting.delete(id);
  const template = document.createElement('template');
  template.innerHTML = markup;
  const fresh = template.content.firstElementChild;
  const pairs = (selector) => {
    const all = [...fresh.querySelectorAll(selector)];
    return [...old.querySelectorAll(selector)].flatMap((one, index) => (all[index] ? [[one, all[index]]] : []));
  };
  const scrolls = pairs('.scroll').map(([from, to]) => [to, from.scrollLeft, from.scrollTop, from === document.activeElement]);
  for (const [from, to] of pairs('details')) to.open = from.open;
  old.replaceWith(fresh);
  for (const [to, left, top, focused] of scrolls) {
    to.scrollLeft = left;
    to.scrollTop = top;
    if (focused) to.focus({ preventScroll: true });
  }
};
const apply = (changes) => {
  // What the reader looks at stays where it is.
  const anchor = [...live.children].find((one) => !one.hidden && one.getBoundingClientRect().bottom > 0);
  const top = anchor?.getBoundingClientRect().top;
  for (const [id, markup] of changes) put(id, markup);
  const now = anchor && document.getElementById(anchor.id);
  if (now && top < 0) scrollBy(0, now.getBoundingClientRect().top - top);
  ages();
  title();
};
let last = Date.now();
let lost;
let ended = false;
let source;
let timer;
const say = () => {
  banner.hidden = !ended && lost === undefined;
  if (ended) banner.textContent = 'The server of this page has ended. This is the last state; branchline watch shows the run again.';
  else if (lost !== undefined) banner.textContent = 'No connection for ' + age(Date.now() - lost).replace(' ago', '') + '. This is the last state; trying again.';
};
const listen = () => {
  clearTimeout(timer);
  source?.close();
  source = new EventSource(live.dataset.events);
  const heard = () => { last = Date.now(); lost = undefined; ended = false; say(); };
  source.addEventListener('open', heard);
  source.addEventListener('beat', (event) => { heard(); skew = Number(event.data) - Date.now(); });
  source.addEventListener('sections', (event) => {
    heard();
    const { now, changed } = JSON.parse(event.data);
    skew = now - Date.now();
    apply(changed);
  });
  source.addEventListener('end', () => { ended = true; say(); });
  source.addEventListener('error', () => {
    lost ??= last;
    say();
    // The browser tries again by itself, except after an answer that is no event stream.
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(listen, 3000);
  });
};
ages();
setInterval(() => {
  ages();
  for (const [id, markup] of [...waiting]) put(id, markup);
  if (!live.dataset.events) return;
  // A tunnel can die without closing the connection; the server beats every ten seconds.
  if (Date.now() - last > 30000 && source.readyState === EventSource.OPEN) { lost ??= last; last = Date.now(); listen(); }
  say();
}, 1000);
if (live.dataset.events) listen();
})();`;
