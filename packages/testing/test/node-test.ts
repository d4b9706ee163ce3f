/** Runs a suite in `node:test`. With the argument `broken`, one check fails. */
import { describe, it } from 'node:test';
import { createStrategyTester } from '../src/index.js';
import { pluginOf } from './plugins.js';

const version = process.argv[2] === 'broken' ? 'latest' : '1.0.0';
createStrategyTester({ plugin: pluginOf({ version }) }, { examples: [{}] }).register({ describe, it });
