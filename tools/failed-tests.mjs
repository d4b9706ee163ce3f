// Lists the failed tests of a report of vitest's JSON reporter, a line each: file, name, first line of the message.
//
//   node tools/failed-tests.mjs <report.json>
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const { testResults } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { name, status, message, assertionResults } of testResults) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  for (const test of failed) print(file, test.fullName, test.failureMessages[0]);
  if (status === 'failed' && failed.length === 0) print(file, 'does not run', message);
}

function print(file, test, message = '') {
  console.log(`${file}: ${test}: ${message.split('\n')[0].slice(0, 300)}`);
}
