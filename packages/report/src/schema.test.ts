import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quickResults } from '../test/fixture.js';
import { resultsJsonSchema, resultsSchema, schemaMirrorsCore } from './schema.js';

describe('the schema of results.json', () => {
  it('equals results.schema.json (bin/write-schema.ts updates it)', () => {
    const file = readFileSync(new URL('../results.schema.json', import.meta.url), 'utf8');
    expect(file).toBe(`${JSON.stringify(resultsJsonSchema(), null, 2)}\n`);
  });

  it("mirrors core's type and takes results through JSON unchanged", () => {
    expect(schemaMirrorsCore).toBe(true);
    const results = quickResults();
    expect(resultsSchema.parse(JSON.parse(JSON.stringify(results)))).toEqual(results);
  });

  it('is strict at every level: no object of the JSON Schema accepts unknown keys', () => {
    const open: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (value === null || typeof value !== 'object') return;
      const object = value as Record<string, unknown>;
      if (object.properties !== undefined && object.additionalProperties !== false) open.push(path);
      for (const [key, inner] of Object.entries(object)) visit(inner, `${path}/${key}`);
    };
    visit(resultsJsonSchema(), '');
    expect(open).toEqual([]);
  });
});
