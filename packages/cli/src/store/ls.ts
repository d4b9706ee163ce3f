/** `store ls`: the checkpoints of a run directory, and why each is kept. */
import { missingTargets } from '@branchline/core';
import { plural, quantity, whole } from '../ui/format.js';
import { type Style, styleFor } from '../ui/style.js';
import { table } from '../ui/table.js';
import { checkpointIndex, type Listed, listCheckpoints, listedAsJson, sumOf } from './checkpoints.js';
import {
  dateOf,
  describePlan,
  describeReasons,
  describeUnreferenced,
  type Known,
  kindOf,
  shortKey,
} from './format-reasons.js';
import { type Inventory, takeInventory } from './inventory.js';

/** Prints all checkpoints with the reasons to keep them. */
export async function listStore({ run, json }: { readonly run: string; readonly json: boolean }): Promise<void> {
  const inventory = await takeInventory(run);
  const listed = listCheckpoints(inventory);
  const style = styleFor(process.stdout);
  const text = json ? JSON.stringify(asJson(inventory, listed), null, 2) : asText(inventory, listed, style);
  process.stdout.write(`${text}\n`);
}

/** Checkpoints as a table; the column `why` has the reasons to keep them. */
export function checkpointTable(listed: readonly Listed[], known: Known, style: Style, why: string): string {
  const rows = listed.map(({ manifest, position, bytes, written, reasons, wrong }) => [
    shortKey(manifest.key),
    position === null ? '?' : whole(position),
    kindOf(manifest),
    quantity(bytes, 'B'),
    dateOf(written.toISOString()),
    wrong !== undefined
      ? style.red(`damaged: ${wrong}`)
      : reasons.length > 0
        ? describeReasons(reasons)
        : style.dim(describeUnreferenced(manifest, known)),
  ]);
  return table(['checkpoint', 'step', 'is', 'size', 'written (UTC)', why], rows, style, [1, 3], [5]);
}

function asText(inventory: Inventory, listed: readonly Listed[], style: Style): string {
  const { directory, plans, unreadable, damaged, leftovers, setAside } = inventory;
  const index = checkpointIndex(inventory.checkpoints);
  const lines = plans.map((plan, place) => {
    const missing = missingTargets(plan, index).length;
    const state = missing === 0 ? 'finished' : `${plural(missing, 'state')} to be made`;
    return `${place === 0 ? style.bold('last run') : 'before  '}  ${describePlan(plan)}: ${state}`;
  });
  const free = listed.filter(({ reasons }) => reasons.length === 0);
  const gc = `branchline store gc ${directory}`;
  const totals = [
    `${plural(listed.length, 'checkpoint')}, ${quantity(sumOf(listed), 'B')}`,
    ...(free.length > 0 && plans.length > 0 && unreadable.length === 0
      ? [`not needed: ${free.length}, ${quantity(sumOf(free), 'B')} (${gc})`]
      : []),
    ...(leftovers.length > 0
      ? [`${plural(leftovers.length, 'leftover')} of interrupted writes, ${quantity(sumOf(leftovers), 'B')} (${gc})`]
      : []),
    ...(setAside === undefined
      ? []
      : [`damaged/ with what was set aside, ${quantity(setAside.bytes, 'B')} (${gc} --damaged)`]),
  ];
  const wrong = [
    ...damaged.map(({ key, message }) => `checkpoint ${shortKey(key)} is damaged: ${message}`),
    ...unreadable.map((path) => `${path} cannot be read; what it needs is not known`),
  ].map((line) => style.red(line));
  const head = lines.length === 0 ? ['no plan is recorded here, so it is unknown what is needed'] : lines;
  const rows = listed.length === 0 ? [] : [checkpointTable(listed, inventory, style, 'kept because')];
  return [head.join('\n'), ...rows, [...totals, ...wrong].join('\n')].join('\n\n');
}

function asJson(inventory: Inventory, listed: readonly Listed[]) {
  const { directory, plans, unreadable, damaged, leftovers, setAside, checkpoints } = inventory;
  const index = checkpointIndex(checkpoints);
  return {
    run: directory,
    plans: plans.map((plan) => {
      const { states: _states, format: _format, ...head } = plan;
      const missing = missingTargets(plan, index).map(({ key, position, roles }) => ({ key, position, roles }));
      return { ...head, finished: missing.length === 0, missing };
    }),
    checkpoints: listed.map(listedAsJson),
    damaged,
    unreadable,
    leftovers,
    setAside: setAside ?? null,
    bytes: {
      checkpoints: sumOf(listed),
      neededByNobody: sumOf(listed.filter(({ reasons }) => reasons.length === 0)),
      leftovers: sumOf(leftovers),
      setAside: setAside?.bytes ?? 0,
    },
  };
}
