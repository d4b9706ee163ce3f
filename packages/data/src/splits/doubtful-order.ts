import { canonicalNumber } from '../config/canonical-number.js';
import type { DataSettings } from '../config/schema.js';
import { byText } from '../storage/files.js';

/**
 * Describes versions whose default order may not be the one in which they arrived: by text, 2024-10 comes before
 * 2024-9, and as numbers, 3.10 before 3.9. Undefined if the order is given, or if counting up the digits in the names
 * gives the same one.
 */
export function doubtfulOrder({ versions }: DataSettings, names: readonly string[]): string | undefined {
  if (versions.by === 'random' || versions.by === 'source' || versions.order !== undefined) return undefined;
  // 0.25 and 0.5 are plain numbers; 3.10 is more likely the tenth of something.
  if (names.every((name) => canonicalNumber(name) === name)) return undefined;
  const at = names.findIndex((name, index) => index > 0 && byText(counted(names[index - 1]!), counted(name)) > 0);
  if (at < 0) return undefined;
  return `"${names[at - 1]}" is taken to arrive before "${names[at]}"; if that is wrong, list all in data.versions.order`;
}

/** A name that sorts by the numbers in it. */
function counted(name: string): string {
  return name.replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(40, '0'));
}
