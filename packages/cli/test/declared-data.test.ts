import { declaredData } from '@branchline/api/internal';
import { estimateGraph, planExperiment } from '@branchline/core';
import { continual, fromScratch, infiniteSchedule, replay, wsdS } from '@branchline/plugin-baselines';
import { curriculum } from '@branchline/plugin-curriculum';
import { modelAveraging } from '@branchline/plugin-model-averaging';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { smallExperiment, syntheticData } from '@branchline/testing';
import { expect, it } from 'vitest';

it('declared data share exactly the steps that text shares', async () => {
  const all = {
    'from scratch': [fromScratch()],
    continual: [continual()],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    average: [pathSwitching({ alpha: 0 }), modelAveraging()],
    'two branches': [pathSwitching({ alpha: 0.3 })],
    curriculum: [pathSwitching({ alpha: 0.6 }), curriculum()],
    replay: [continual(), replay()],
    infinite: [infiniteSchedule()],
    'wsd-s': [wsdS()],
  };
  const batch = 4;
  const text = smallExperiment({ strategies: all, data: syntheticData({ versions: [80, 80, 80] }) }, '');
  const declared = declaredData([80, 80, 80], text.data.context);
  const stepsOf = async (data: typeof declared) => {
    const { spec, model } = text;
    const plan = await planExperiment({ spec: { ...spec, batch }, model, data, numerics: '', log: () => undefined });
    expect(plan.failures).toEqual([]);
    return estimateGraph(plan, { steps: 1, tokens: 1, flops: 1n }).steps;
  };
  expect(await stepsOf(declared)).toBe(await stepsOf(text.data));
});
