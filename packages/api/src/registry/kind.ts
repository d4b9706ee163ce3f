import type { Noun } from './naming.js';

/** What a module exports, or what is wrong with it. */
export type Exported<T> = { readonly value: T } | { readonly message: string; readonly remedy: string };

/** Plugins or trainers: what is built in, and how a module exports one. */
export interface Kind<T> {
  readonly noun: Noun;
  readonly builtIn: ReadonlyMap<string, T>;
  /** Packages of the built-in ones. They have the keyword too, and are not listed a second time. */
  readonly builtInPackages: ReadonlySet<string>;
  /** Finds it among the exports of a module. */
  readonly read: (module: Readonly<Record<string, unknown>>) => Exported<T>;
  /** A path, for messages. */
  readonly examplePath: string;
}
