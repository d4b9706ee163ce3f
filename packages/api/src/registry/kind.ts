import type { Noun } from './naming.js';

/** The exported value, or why it is not usable. */
export type Exported<T> = { readonly value: T } | { readonly message: string; readonly remedy: string };

/** Plugins or trainers: the built-in ones, and how a module exports one. */
export interface Kind<T> {
  readonly noun: Noun;
  readonly builtIn: ReadonlyMap<string, T>;
  /** Packages of the built-in ones. They have the keyword too, but are not listed again. */
  readonly builtInPackages: ReadonlySet<string>;
  /** Reads the definition from the exports of a module. */
  readonly read: (module: Readonly<Record<string, unknown>>) => Exported<T>;
  /** An example path for messages. */
  readonly examplePath: string;
}
