import { printable } from './printable.js';

/** A version in tables and headings: its name, or `v3` if that is only a number. */
export function versionLabel(name: string): string {
  return /^\d{1,3}$/.test(name) ? `v${name}` : printable(name);
}
