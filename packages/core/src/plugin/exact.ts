/**
 * Misspelt fields in what a hook returns do not compile. TypeScript checks an object literal for unknown keys only
 * where its type is written down; what an arrow function returns is inferred, so hooks check it by these types instead,
 * at any depth.
 */

/** The type of a key that there is not: nothing has it, and the error names the key. */
export interface NoSuchField<Name> {
  readonly noSuchField: Name;
}

/** Values without fields of their own. */
type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | ArrayBufferView
  | ((...args: never) => unknown);

type KeysOf<T> = T extends unknown ? keyof T : never;
type ValueAt<T, Key extends PropertyKey> = T extends unknown ? (Key extends keyof T ? T[Key] : never) : never;

/** The members of a union that a value can be; all of them when it is none. */
type Fitting<Given, Wanted> = [Matches<Given, Wanted>] extends [never] ? Wanted : Matches<Given, Wanted>;
type Matches<Given, Wanted> = Wanted extends unknown ? (Given extends Wanted ? Wanted : never) : never;

/** What was given, with `NoSuchField` for every key, at any depth, that is not in `Wanted`. */
export type Exact<Given, Wanted> = Given extends Leaf
  ? Given
  : ExactObject<Given, Fitting<Given, Exclude<Wanted, Leaf>>>;

type ExactObject<Given, Wanted> = Given extends readonly unknown[]
  ? { [Index in keyof Given]: Exact<Given[Index], ValueAt<Wanted, number>> }
  : {
      [Key in keyof Given]: Key extends KeysOf<Wanted> ? Exact<Given[Key], ValueAt<Wanted, Key>> : NoSuchField<Key>;
    };
