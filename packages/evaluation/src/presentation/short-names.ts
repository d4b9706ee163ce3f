/** How names are shortened wherever results are shown. */

const graphemes = new Intl.Segmenter();
const split = (text: string): readonly string[] => Array.from(graphemes.segment(text), ({ segment }) => segment);

/**
 * Shortens names to a width, so that different names stay different. A name that is too long loses its middle. Where
 * that would make names equal, they lose their end, or else what they have in common; what is left gets a number.
 *
 * @param widthOf Width of a text in the unit of `width`.
 */
export function shortNames(
  names: readonly string[],
  width: number,
  widthOf: (text: string) => number,
): (name: string) => string {
  const different = [...new Set(names)];
  const shown = new Map(different.filter((name) => widthOf(name) <= width).map((name) => [name, name]));
  const taken = new Set(shown.values());
  const accept = (name: string, label: string) => {
    if (taken.has(label)) return false;
    taken.add(label);
    shown.set(name, label);
    return true;
  };
  const parts = new Map(different.filter((name) => !shown.has(name)).map((name) => [name, split(name)]));
  const groups = groupBy([...parts.keys()], (name) => middleCut(parts.get(name)!, width, widthOf));
  const left: string[] = [];
  for (const [label, group] of groups) {
    if (group.length === 1 && accept(group[0]!, label)) continue;
    const beginnings = group.map((name) => windowAt(parts.get(name)!, 0, width, widthOf));
    const isEnough =
      new Set(beginnings).size === group.length && beginnings.every((beginning) => !taken.has(beginning));
    if (!isEnough) left.push(...apart(group));
    else for (const [at, name] of group.entries()) accept(name, beginnings[at]!);
  }
  /** Accepts windows at the first difference of a group; returns the names for which that is not enough. */
  function apart(group: readonly string[]): readonly string[] {
    const from = commonPrefix(group.map((name) => parts.get(name)!));
    const same = groupBy(group, (name) => windowAt(parts.get(name)!, from, width, widthOf));
    return [...same].flatMap(([label, of]) =>
      of.length === 1
        ? accept(of[0]!, label)
          ? []
          : of
        : commonPrefix(of.map((name) => parts.get(name)!)) > from
          ? apart(of)
          : of,
    );
  }
  for (const name of left) {
    let number = 2;
    const numbered = () => {
      const mark = `~${number}`;
      return `${middleCut(parts.get(name)!, width - widthOf(mark), widthOf)}${mark}`;
    };
    while (!accept(name, numbered())) number++;
  }
  return (name) => shown.get(name) ?? middleCut(split(name), width, widthOf);
}

function groupBy(names: readonly string[], labelOf: (name: string) => string): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const label = labelOf(name);
    groups.set(label, [...(groups.get(label) ?? []), name]);
  }
  return groups;
}

/** `head…tail` with as much of both as fits. */
function middleCut(parts: readonly string[], width: number, widthOf: (text: string) => number): string {
  const cut = (kept: number) => {
    const [head, tail] = [Math.ceil(kept / 2), Math.floor(kept / 2)];
    return `${parts.slice(0, head).join('').trimEnd()}…${parts
      .slice(parts.length - tail)
      .join('')
      .trimStart()}`;
  };
  const whole = parts.join('');
  return widthOf(whole) <= width ? whole : cut(most(parts.length - 1, (kept) => widthOf(cut(kept)) <= width));
}

/** `head…window…`, where the window begins shortly before the first difference. */
function windowAt(parts: readonly string[], from: number, width: number, widthOf: (text: string) => number): string {
  const head = most(from, (kept) => widthOf(parts.slice(0, kept).join('')) <= width / 2);
  const begin = Math.max(head, from - 2);
  const before = begin === 0 ? '' : `${parts.slice(0, head).join('').trimEnd()}…`;
  const rest = parts.slice(begin);
  const whole = `${before}${rest.join('')}`;
  if (widthOf(whole) <= width) return whole;
  const cut = (kept: number) => `${before}${rest.slice(0, kept).join('').trimEnd()}…`;
  return cut(most(rest.length - 1, (kept) => widthOf(cut(kept)) <= width));
}

/** The highest number up to `end` that fits, by bisection; 0 if none does. */
function most(end: number, fits: (kept: number) => boolean): number {
  let [low, high] = [0, end + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function commonPrefix(all: readonly (readonly string[])[]): number {
  const [first, ...others] = all as readonly [readonly string[]];
  let length = 0;
  while (length < first.length && others.every((other) => other[length] === first[length])) length++;
  return length;
}
