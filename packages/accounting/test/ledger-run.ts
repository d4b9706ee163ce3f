/** Synthetic ledgers and bills. */
import type { BillAmounts, BillRow, LedgerEntry } from '@branchline/core';
import type { LedgerRun } from '../src/files/ledger-files.js';

const digest = (index: number) => index.toString(16).padStart(64, '0');

/** A training entry with default values. */
export function entry(index: number, change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    kind: 'train',
    id: digest(index),
    from: digest(index - 1),
    to: digest(index),
    root: digest(0),
    at: index,
    steps: 1,
    tokens: 1000,
    flops: '1000000',
    device: 'toy',
    deviceSeconds: 0.1,
    energyJoules: 0.003,
    money: 0.000000001,
    currency: 'EUR',
    price: { perHour: 0.5, source: 'a list', date: '2026-01' },
    power: null,
    requestedBy: ['a'],
    time: '2026-01-02T03:04:05.678Z',
    ...change,
  };
}

export function amounts(change: Partial<BillAmounts> = {}): BillAmounts {
  const zero = { device_seconds: '0.000000', energy_joules: '0.000', money: '0.000000000' };
  return { steps: 0, tokens: 0, flops: '0', ...zero, ...change };
}

export function billRow(change: Partial<BillRow> = {}): BillRow {
  const place = { strategy: 'a', seed: 1, version: 1, path: 'main', plugin: 'p', device: 'toy', state: digest(1) };
  return { ...place, kind: 'train', shared_by: 1, alone: amounts(), share: amounts(), ...change };
}

export function ledgerRun(entries: readonly LedgerEntry[], bill?: readonly BillRow[]): LedgerRun {
  return { file: 'ledger.jsonl', entries, bill, results: undefined };
}
