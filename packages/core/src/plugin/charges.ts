import type { PluginCharge } from '../ledger/entry.js';
import type { Charge } from './contexts.js';

/** Charges that a strategy's plugins made in deciders: one per plugin, version and purpose. */
export type Charges = Map<string, PluginCharge>;

/**
 * Books a charge of a plugin to a version. Throws an Error for invalid charges; version 0 means outside of a decider.
 */
export function bookCharge(charges: Charges, plugin: string, version: number, charge: Charge): void {
  const { what, tokens = 0, flops = 0 } = charge;
  if (version === 0) throw new Error('a charge belongs to a version: make it in a decider');
  const wrong = Object.entries({ tokens, flops }).find(([, value]) => !(Number.isFinite(value) && value >= 0));
  if (typeof what !== 'string' || what === '') throw new Error('a charge needs a name: what it was for');
  if (wrong) throw new Error(`charge "${what}": ${wrong[0]} must be a number of 0 or more, not ${wrong[1]}`);
  charges.set(`${plugin}/${version}/${what}`, { what, tokens, flops, plugin, version });
}
