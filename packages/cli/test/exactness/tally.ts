/** Counts what the random cases covered, so that a test without coverage fails. */
import type { GraphNode } from '@branchline/core';
import type { Cut, ResumeReport } from '@branchline/testing';
import type { Case } from './cases.js';

export class Tally {
  readonly #counts = new Map<string, number>();

  /**
   * Counts a case: its plugins, their options, its interruptions, and what was unfinished at them. Ignores a case
   * without interruptions.
   */
  add({ strategies }: Case, { plan, starts }: ResumeReport): void {
    const cuts = starts.filter(({ cut }) => cut !== undefined);
    if (cuts.length === 0) return;
    for (const { plugin, options } of Object.values(strategies).flatMap(({ plugins }) => plugins)) {
      this.#count(plugin.name);
      for (const [option, value] of Object.entries((options ?? {}) as Readonly<Record<string, unknown>>)) {
        this.#count(`${plugin.name}.${option}`);
        // The options of a kind, such as the `hold` of a knee.
        if (Array.isArray(value) || typeof value !== 'object' || value === null) continue;
        for (const inner of Object.keys(value)) this.#count(`${plugin.name}.${option}.${inner}`);
      }
    }
    const averages = plan.graph.nodes().filter(({ kind }) => kind === 'derived');
    const branches = plan.strategies.some(({ versions }) => versions.some(({ forks }) => forks.length > 0));
    for (const { cut, stored } of cuts) {
      const has = ({ key }: GraphNode) => stored.includes(key);
      const open = averages.some((node) => !has(node) && node.sources.some(({ node: part }) => has(part)));
      const ahead = plan.strategies.some(({ captures }) => !captures.every(has));
      this.#count(cut!.by);
      if (cut!.after > 5) this.#count('cut behind the fifth step of a start');
      if (open) this.#count('averaging window open across a cut');
      if (ahead) this.#count('capture behind a cut');
      if (branches) this.#count('branches around a cut');
    }
    for (const { weights, optimizer } of starts.flatMap(({ restores }) => restores)) {
      if (weights === false) this.#count('weights drawn anew');
      if (optimizer === false) this.#count('moments at zero');
    }
  }

  /** Names that were covered fewer than `least` times. */
  rarer(least: number, names: readonly string[]): readonly string[] {
    return names.flatMap((name) => {
      const count = this.#counts.get(name) ?? 0;
      return count < least ? [`${name}: ${count} of at least ${least}`] : [];
    });
  }

  #count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }
}

const CUTS: readonly Cut['by'][] = ['stop', 'crash', 'crash-in-save', 'crash-in-evaluation'];

/** Situations that cases must cover, in addition to plugins and their options. */
export const SITUATIONS: readonly string[] = [
  ...CUTS,
  'cut behind the fifth step of a start',
  'averaging window open across a cut',
  'capture behind a cut',
  'branches around a cut',
  'weights drawn anew',
  'moments at zero',
];
