#!/usr/bin/env node
/**
 * Prints the test files that took longest, from vitest's JSON report, so that a log of `.ci/run` shows where its time
 * is:
 *
 *     node tools/slowest-tests.mjs node_modules/.cache/tests.json
 */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';

const SHOWN = 15;

const report = JSON.parse(await readFile(process.argv[2], 'utf8'));
const files = report.testResults
  .map(({ name, startTime, endTime }) => ({ name: relative('.', name), seconds: (endTime - startTime) / 1000 }))
  .sort((a, b) => b.seconds - a.seconds);
const total = files.reduce((sum, { seconds }) => sum + seconds, 0);
console.log(`\n${files.length} files took ${total.toFixed(0)} s, one after the other; the slowest:`);
for (const { name, seconds } of files.slice(0, SHOWN)) console.log(`${seconds.toFixed(0).padStart(7)} s  ${name}`);
