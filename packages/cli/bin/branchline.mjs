#!/usr/bin/env node
/**
 * Starts Branchline in this process, so that killing it ends everything. Once built, it runs from dist; in a clone
 * without a build, or with BRANCHLINE_SOURCE=1, it runs the TypeScript sources. Experiment files may be TypeScript in
 * both cases.
 */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

// Node would start its debugger. It ends the process like Ctrl-C; a command that can stop in an orderly way has its own
// handler.
process.on('SIGUSR1', () => {
  if (process.listenerCount('SIGUSR1') === 1) process.kill(process.pid, 'SIGINT');
});

const dist = new URL('../dist/main.js', import.meta.url);
const source = process.env.BRANCHLINE_SOURCE === '1' || !existsSync(dist);

// The transpiler reads its configuration only from the environment. Another tool's settings must not leak in.
delete process.env.TS_NODE_PROJECT;
process.env.OXC_TSCONFIG_PATH = fileURLToPath(new URL('./tsconfig.json', import.meta.url));
register('./hooks.mjs', import.meta.url, { data: { source } });
// Source maps, so that errors in an experiment file are reported with the line in the file.
process.setSourceMapsEnabled(true);

const { main } = await import(source ? '../src/main.ts' : dist.href);
await main(process.argv.slice(2));
