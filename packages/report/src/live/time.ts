/** Times and rates for a page that changes every second: coarse, so that they do not flicker. */
import { formatSeconds } from '../format.js';
import { html, type Markup } from '../html.js';

const nbsp = '\u00a0';
const DAY = 86_400;
/** Longer than any plan; beyond it an estimate says nothing. */
const LONGEST = 1000 * DAY;

/** `less than a minute`, `about 12 min`, `about 3 h 10 min`, `about 2 d 4 h`; undefined for what is no duration. */
export function formatTimeLeft(seconds: number): string | undefined {
  if (!(seconds >= 0) || seconds > LONGEST) return undefined;
  if (seconds < 60) return 'less than a minute';
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes}${nbsp}min`;
  if (minutes < 48 * 60) {
    // Ten minutes are as much as an estimate of hours can say.
    const rounded = Math.round(minutes / 10) * 10;
    const rest = rounded % 60;
    return `about ${Math.floor(rounded / 60)}${nbsp}h${rest > 0 ? ` ${rest}${nbsp}min` : ''}`;
  }
  const hours = Math.round(minutes / 60);
  return `about ${Math.floor(hours / 24)}${nbsp}d${hours % 24 > 0 ? ` ${hours % 24}${nbsp}h` : ''}`;
}

/** A moment: its time of day, which the script of the page replaces by its age. */
export function moment(milliseconds: number): Markup {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return html`unknown`;
  const iso = date.toISOString();
  return html`<time datetime="${iso}" data-ago="${String(milliseconds)}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`;
}

/** A duration since a moment, at `now`; undefined if the clock of one of them is wrong. */
export const since = (then: number | undefined, now: number | undefined): string | undefined =>
  then === undefined || now === undefined || now < then ? undefined : formatSeconds((now - then) / 1000);
