/**
 * Makes misspelled fields in return values of hooks compile errors. TypeScript checks object literals for unknown keys
 * only against a declared type; return types of hooks are inferred, so hooks check them with these types instead, at
 * every depth.
 */

/** Type of a field that does not exist. No value matches it, and the error shows the name. */
export interface NoSuchField<Name> {
  readonly noSuchField: Name;
}

/** Values without checked fields. */
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

/** The members of a union that a value is assignable to; all members if there are none. */
type Fitting<Given, Wanted> = [Matches<Given, Wanted>] extends [never] ? Wanted : Matches<Given, Wanted>;
type Matches<Given, Wanted> = Wanted extends unknown ? (Given extends Wanted ? Wanted : never) : never;

/** `Given` with `NoSuchField` for every key, at any depth, that is not in `Wanted`. */
export type Exact<Given, Wanted> = Given extends Leaf
  ? Given
  : ExactObject<Given, Fitting<Given, Exclude<Wanted, Leaf>>>;

type ExactObject<Given, Wanted> = Given extends readonly unknown[]
  ? { [Index in keyof Given]: Exact<Given[Index], ValueAt<Wanted, number>> }
  : {
      [Key in keyof Given]: Key extends KeysOf<Wanted> ? Exact<Given[Key], ValueAt<Wanted, Key>> : NoSuchField<Key>;
    };
