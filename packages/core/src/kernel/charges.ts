import { digestJson } from '../json.js';
import type { Ledger } from '../ledger/ledger.js';
import type { ExperimentPlan } from './plan.js';
import type { Clock } from './tokens.js';

/** Books what plugins charged while they planned. The same charge of another run is the same line; another amount is another. */
export async function bookCharges(plan: ExperimentPlan, ledger: Ledger, clock: Clock): Promise<void> {
  for (const { strategy } of plan.strategies) {
    for (const { plugin, version, what, tokens, flops } of strategy.charges.values()) {
      await ledger.append({
        kind: 'charge',
        id: digestJson({ charge: what, plugin, version, strategy: strategy.name, tokens, flops }),
        from: '',
        to: '',
        root: '',
        at: 0,
        steps: 0,
        tokens,
        flops: BigInt(Math.round(flops)).toString(),
        deviceSeconds: 0,
        device: '',
        requestedBy: [strategy.name],
        time: new Date(clock()).toISOString(),
        plugin,
        version,
        note: what,
      });
    }
  }
}
