#!/usr/bin/env node
/**
 * Starts Branchline in this very process: whoever kills it has killed everything. Built, it runs from dist; in a clone
 * where nothing was built, or with BRANCHLINE_SOURCE=1, it runs the TypeScript sources. Experiment files may be
 * TypeScript either way.
 */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

const dist = new URL('../dist/main.js', import.meta.url);
const source = process.env.BRANCHLINE_SOURCE === '1' || !existsSync(dist);

// The transpiler takes the place of its configuration from the environment only, and another tool's must not lead it
// astray.
delete process.env.TS_NODE_PROJECT;
process.env.OXC_TSCONFIG_PATH = fileURLToPath(new URL('./tsconfig.json', import.meta.url));
register('./hooks.mjs', import.meta.url, { data: { source } });
// So that a mistake in an experiment file is reported at the line where it was made.
process.setSourceMapsEnabled(true);

const { main } = await import(source ? '../src/main.ts' : dist.href);
await main(process.argv.slice(2));
