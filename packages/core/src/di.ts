/** All imports of tsyringe go through this module, so that its polyfill is always loaded first. */
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
 * Makes the injection token of an interface, declared in the file of the interface; a class is its own token.
 * `Symbol.for` gives two copies of a module the same token.
 */
export const token = <T>(name: string): InjectionToken<T> => Symbol.for(`branchline.${name}`);
