/** Amounts and texts as table cells. */
import type { Amounts, Json } from '@branchline/accounting';
import { compact, duration, quantity, short, whole } from '../ui/format.js';
import { printable, printableCell } from '../ui/printable.js';

/** Headers of the amount columns. */
export function amountHeads(currency: string): readonly string[] {
  return ['steps', 'tokens', 'FLOPs', 'device', 'energy', currency];
}

/** Unknown amounts are shown as `?`. */
export function amountCells({
  steps,
  tokens,
  flops,
  device_seconds,
  energy_joules,
  money,
}: Amounts): readonly string[] {
  return [
    whole(Number(steps)),
    short(Number(tokens)),
    short(Number(flops)),
    showTime(Number(device_seconds)),
    energy_joules === null ? '?' : showEnergy(Number(energy_joules)),
    money === null ? '?' : showMoney(Number(money)),
  ];
}

/** Like `duration`, but also for negative times. */
export function showTime(seconds: number): string {
  return `${seconds < 0 ? '-' : ''}${duration(Math.abs(seconds))}`;
}

/** `90.1 J`, `2.50 Wh`, `1.20 kWh`. */
export function showEnergy(joules: number): string {
  return Math.abs(joules) < 3600 ? quantity(joules, 'J') : quantity(joules / 3600, 'Wh');
}

/** `0.000319`, `1.20`, `1,234`. */
export function showMoney(amount: number): string {
  if (Math.abs(amount) >= 1000) return whole(amount);
  return Math.abs(amount) >= 1 ? amount.toFixed(2) : compact(Number(amount.toPrecision(3)));
}

/** A value as text on one line, without control characters; null is empty. */
export function oneLine(value: Json | undefined): string {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
  return printableCell(printable(text));
}
