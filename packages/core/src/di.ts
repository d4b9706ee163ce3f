/** The only door to tsyringe: the polyfill that it needs is loaded first, whichever module comes first. */
import 'reflect-metadata';
import type { InjectionToken } from 'tsyringe';

export {
  container,
  type DependencyContainer,
  type InjectionToken,
  inject,
  injectAll,
  injectable,
  Lifecycle,
  scoped,
} from 'tsyringe';

/**
 * Makes the token of an interface. It stands in the file of the interface; a class is its own token. `Symbol.for`, so
 * that two copies of a module mean the same part.
 */
export const token = <T>(name: string): InjectionToken<T> => Symbol.for(`branchline.${name}`);
