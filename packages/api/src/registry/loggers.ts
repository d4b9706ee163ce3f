/** The built-in loggers, and how a module exports one. */
import type { LoggerDefinition } from '@branchline/core';
import { csv, jsonl, mlflow, tensorboard, wandb } from '@branchline/logging';
import type { ModuleLoading } from '../files/module.js';
import { definitionIn, isName, isStandardSchema } from './exported.js';
import { Finder } from './finder.js';
import type { Kind } from './kind.js';

/** Built-in loggers by name. */
export const KNOWN_LOGGERS: ReadonlyMap<string, LoggerDefinition> = new Map(
  [tensorboard.logger, mlflow.logger, wandb.logger, csv.logger, jsonl.logger].map((logger) => [
    logger.name,
    logger as unknown as LoggerDefinition,
  ]),
);

/** How loggers are found and checked. */
export const LOGGERS: Kind<LoggerDefinition> = {
  noun: 'logger',
  builtIn: KNOWN_LOGGERS,
  builtInPackages: new Set(['@branchline/logging']),
  read: (module) =>
    definitionIn(module, {
      noun: 'logger',
      factory: 'defineLogger({ ... })',
      remedy: 'Write: defineLogger({ name, open }), with options where it takes any.',
      checks: ({ name, version, description, open, options, paths }) => [
        [isName(name), 'name must be a word such as my-logger'],
        [version === undefined || typeof version === 'string', 'version must be a string'],
        [description === undefined || typeof description === 'string', 'description must be a string'],
        [typeof open === 'function', 'open must be a function'],
        [options === undefined || isStandardSchema(options), 'options must be a schema (zod, valibot, arktype)'],
        [
          paths === undefined || (Array.isArray(paths) && paths.every((path) => typeof path === 'string')),
          'paths must be a list of options',
        ],
      ],
    }),
  examplePath: './my-logger/src/index.ts',
};

/** Finds loggers by name, for experiments in one folder. */
export class LoggerFinder extends Finder<LoggerDefinition> {
  constructor(directory: string, loading?: ModuleLoading) {
    super(LOGGERS, directory, loading);
  }
}
