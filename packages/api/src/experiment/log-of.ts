/** The log of a run: what loggers get to know about it. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JsonValue, LogEnd, RunEmitter } from '@branchline/core';
import type { Outcome } from '@branchline/evaluation';
import { RunLog } from '@branchline/logging';
import type { CheckedExperiment } from '../config/check.js';

/** Connects the loggers of an experiment to the events of a run; undefined without loggers. */
export function logOf(
  experiment: CheckedExperiment,
  run: {
    readonly directory: string;
    readonly events: RunEmitter;
    readonly command: string;
    readonly signal: AbortSignal | undefined;
  },
): RunLog | undefined {
  if (experiment.log.length === 0) return undefined;
  const { directory, events, command, signal } = run;
  const settings = settingsOf(experiment);
  const context = { experiment: experiment.spec.name, directory: resolve(directory), settings, command };
  return new RunLog({ loggers: experiment.log, events, context, signal });
}

/** How a run ended, with its results and report; a stopped run has neither. */
export function endOf(directory: string, outcome: Outcome | undefined): LogEnd {
  if (outcome === undefined) return { outcome: 'stopped', artifacts: [] };
  const { results, failures } = outcome;
  const report = async () => {
    // Imported lazily: most runs are not uploaded.
    const { renderReport } = await import('@branchline/report');
    return Buffer.from(renderReport(results));
  };
  return {
    outcome: failures.length === 0 ? 'completed' : 'failed',
    artifacts: [
      { name: 'results.json', content: () => readFile(join(directory, 'results.json')) },
      { name: 'report.html', content: report },
    ],
  };
}

/** What a reader of the log wants to compare runs by. */
function settingsOf({ spec, model, trainer }: CheckedExperiment): Readonly<Record<string, JsonValue>> {
  const { seeds, batch, lr, optimizer, strategies } = spec;
  const plugins = strategies.map(({ name, plugins: uses }) => [
    name,
    uses.map(({ plugin, options }) => ({ plugin: plugin.name, ...(options !== undefined && { options }) })),
  ]);
  const settings = {
    ...{ model, seeds, training: { batch, lr, optimizer } },
    trainer: { name: trainer.definition.name, options: trainer.options },
    strategies: Object.fromEntries(plugins) as object,
  };
  // Drops what JSON has no form for.
  return JSON.parse(JSON.stringify(settings)) as Readonly<Record<string, JsonValue>>;
}
