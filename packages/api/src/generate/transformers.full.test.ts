/** Compares with the logits warpers of transformers, if they are installed. */
import { execFileSync } from 'node:child_process';
import { RandomStream } from '@branchline/core';
import { findEnvironment, pythonIn } from '@branchline/trainer-torch';
import { describe, expect, it } from 'vitest';
import { nextTokenProbabilities, type Sampling } from './next-token.js';

const environment = findEnvironment();
const python = process.env.BRANCHLINE_PYTHON ?? (environment && pythonIn(environment.folder));
if (python === undefined) console.warn('SKIPPED: the comparison with transformers, which is not installed.');

const SCRIPT = `
import json, sys, torch
from transformers.generation import logits_process as lp
out = []
for case in json.load(sys.stdin):
    scores = torch.tensor([case["logits"]], dtype=torch.float64)
    scores = lp.TemperatureLogitsWarper(float(case["temperature"]))(None, scores)
    if case.get("topK"): scores = lp.TopKLogitsWarper(case["topK"])(None, scores)
    if case.get("topP"): scores = lp.TopPLogitsWarper(case["topP"])(None, scores)
    out.append(scores.softmax(-1)[0].tolist())
print(json.dumps(out))
`;

describe.skipIf(python === undefined)('transformers', () => {
  it('gives the same probabilities', { timeout: 300_000 }, () => {
    const random = new RandomStream(3, 'logits');
    const cases = Array.from({ length: 200 }, (_, index): Sampling & { readonly logits: number[] } => ({
      logits: Array.from({ length: 5 + random.below(200) }, () => Math.fround(8 * random.uniform() - 4)),
      temperature: [0.3, 0.7, 1, 1.7][index % 4]!,
      ...(index % 3 !== 0 && { topK: 1 + random.below(40) }),
      ...(index % 2 === 0 && { topP: 0.05 + 0.9 * random.uniform() }),
    }));
    const expected = JSON.parse(
      execFileSync(python!, ['-c', SCRIPT], { input: JSON.stringify(cases), encoding: 'utf8', timeout: 240_000 }),
    ) as number[][];
    for (const [index, { logits, ...sampling }] of cases.entries()) {
      const found = nextTokenProbabilities(Float32Array.from(logits), sampling);
      const far = expected[index]!.map((probability, token) => Math.abs(probability - found[token]!));
      expect(Math.max(...far), JSON.stringify(sampling)).toBeLessThan(1e-12);
    }
  });
});
