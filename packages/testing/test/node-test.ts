/** A suite in the test runner of Node itself. With the argument `broken`, one of its checks fails. */
import { describe, it } from 'node:test';
import { createStrategyTester } from '../src/index.js';
import { pluginOf } from './plugins.js';

const version = process.argv[2] === 'broken' ? 'latest' : '1.0.0';
createStrategyTester({ plugin: pluginOf({ version }) }, { examples: [{}] }).register({ describe, it });
