/** An interrupted run ends in the same bits as an uninterrupted one, for every plugin and every trainer. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KNOWN_PLUGINS } from '@branchline/api/internal';
import { definePlugin, FORK_FIELDS, optionNames, type PluginDefinition } from '@branchline/core';
import { createExperiment } from '@branchline/evaluation';
import { pathSwitching } from '@branchline/plugin-path-switching';
import { checkResume, inTemporaryDirectory, smallExperiment, syntheticData } from '@branchline/testing';
import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { caseOf, drawnCases } from './exactness/cases.js';
import { OWN_PLUGINS } from './exactness/own-plugins.js';
import { ALL_PLUGINS, EXPORTED_PLUGINS, missingOptions, OPTIONS_OF_KINDS } from './exactness/plugins.js';
import { packagesInScope } from './exactness/scopes.js';
import { SITUATIONS, Tally } from './exactness/tally.js';
import { enginesOfTfjs, missingTrainers, TRAINERS } from './exactness/trainers.js';

describe('nothing is left out', () => {
  it('draws every option of every plugin', () => {
    expect(missingOptions(EXPORTED_PLUGINS.values())).toEqual([]);
    expect([...KNOWN_PLUGINS.keys()].filter((name) => !EXPORTED_PLUGINS.has(name))).toEqual([]);
  });

  it('knows the plugins of every plugin package', async () => {
    for (const name of packagesInScope('plugin')) {
      const exported = Object.values((await import(name)) as Record<string, { readonly plugin?: PluginDefinition }>);
      const plugins = exported.flatMap(({ plugin }) => plugin ?? []);
      expect(plugins, name).not.toEqual([]);
      for (const plugin of plugins) expect([...EXPORTED_PLUGINS.keys()]).toContain(plugin.name);
    }
  });

  it('runs every trainer on every engine', () => {
    expect(missingTrainers(packagesInScope('trainer'), enginesOfTfjs())).toEqual([]);
  });

  it('says what to add for a new plugin, option, trainer or engine', () => {
    const { plugin } = definePlugin({ name: 'brand-new' });
    const options = { shape: { ratio: {}, more: {} } } as unknown as PluginDefinition['options'];
    const grown = { ...KNOWN_PLUGINS.get('replay')!, options };
    expect(missingOptions([plugin, grown])).toEqual([
      expect.stringMatching(/^plugin "brand-new" has no random options: add it to OPTIONS in packages.cli/),
      expect.stringMatching(/^replay: option "more" is never drawn: add it to OPTIONS/),
    ]);
    expect(missingTrainers(['@branchline/trainer-new'], ['jit on webgpu'])).toEqual([
      expect.stringMatching(/^@branchline.trainer-new is a trainer: add it to packages.cli.test.exactness.trainers/),
      expect.stringMatching(/^trainer-tfjs has an engine "jit on webgpu": add it/),
    ]);
  });
});

describe('interrupted anywhere, any number of times, strategies end in the bits and at the cost of an uninterrupted run', () => {
  const trainers = TRAINERS.filter(({ fullOnly }) => inject('full') || fullOnly !== true);
  it.for(trainers)('$name', { timeout: 900_000 }, async ({ name, runs: all, most, create, refusal }, { skip }) => {
    const reason = await refusal?.();
    if (reason !== undefined) {
      console.warn(`SKIPPED: exact resume of the trainer ${name}. ${reason}`);
      skip();
    }
    const runs = inject('full') ? all : Math.ceil(all / 16);
    const { model, trainer, alternate } = await create();
    const tally = new Tally();
    const property = fc.asyncProperty(drawnCases(most), async (drawn) => {
      const made = await caseOf(drawn, model);
      if (made) tally.add(made, await checkResume({ ...made, model, trainer, alternate }));
    });
    await fc.assert(property, { seed: 1, numRuns: runs });
    await trainer.dispose();
    await alternate.dispose();
    // A few cases cannot cover everything.
    if (!inject('full')) return;
    const plugins = [...ALL_PLUGINS.values()];
    const options = plugins.flatMap((plugin) => optionNames(plugin).map((option) => `${plugin.name}.${option}`));
    const names = plugins.map(({ name }) => name);
    expect(tally.rarer(Math.floor(runs / 16), [...names, ...SITUATIONS])).toEqual([]);
    expect(tally.rarer(Math.floor(runs / 50), [...options, ...OPTIONS_OF_KINDS])).toEqual([]);
  });
});

describe("a fork's carry policy is applied once", () => {
  /**
   * Versions of six steps, the second half of each also as a branch. The last three steps of the main path are not
   * needed.
   */
  const STEPS = 15;
  const parts = FORK_FIELDS.flatMap(({ name }) => (name.startsWith('carry.') ? [name.slice('carry.'.length)] : []));
  const fixtures = (carry: Record<string, boolean>) => {
    const stepping = { plugin: OWN_PLUGINS.get('stepping')!, options: { rate: true, weights: true } };
    return {
      data: syntheticData({ versions: [24, 24] }),
      strategies: { switching: [pathSwitching({ alpha: 0.5, carry }), stepping] },
    };
  };

  /** What the branches release, and the number of optimizer steps in it. */
  const released = (carry: Record<string, boolean>) =>
    inTemporaryDirectory(async (directory) => {
      const experiment = createExperiment(smallExperiment(fixtures(carry), directory));
      const { results } = await experiment.run(await experiment.plan(), { command: 'test' });
      const releases = results.strategies[0]!.releases;
      return Promise.all(
        releases.map(async ({ checkpoint, weightsDigest }) => {
          const manifest = await readFile(join(directory, 'checkpoints', checkpoint, 'manifest.json'), 'utf8');
          return { weightsDigest, ...(JSON.parse(manifest) as { readonly optimizerStep: number }) };
        }),
      );
    });

  it.each(parts)('%s: interrupted after every step, before, at and after the forks', async (part) => {
    const carry = { [part]: false };
    const [kept, dropped] = [await released({}), await released(carry)];
    expect(dropped.map(({ weightsDigest }) => weightsDigest)).not.toEqual(
      kept.map(({ weightsDigest }) => weightsDigest),
    );
    // Moments reset to zero count only the steps of the branch, also after an interruption.
    const count = part === 'optimizer' ? [3, 3] : [6, 12];
    expect(dropped.map(({ optimizerStep }) => optimizerStep)).toEqual(count);
    for (let after = 1; after < STEPS; after += inject('full') ? 1 : 6) {
      for (const by of ['stop', 'crash'] as const) {
        const { starts, results } = await checkResume({ ...fixtures(carry), cuts: [{ by, after }] });
        expect(results.strategies[0]!.releases.map(({ weightsDigest }) => weightsDigest)).toEqual(
          dropped.map(({ weightsDigest }) => weightsDigest),
        );
        expect(starts).toHaveLength(2);
        const resets = starts.flatMap(({ restores }) =>
          restores.filter((asked) => Object.values(asked).includes(false)),
        );
        // A branch of which a crash left nothing starts again, with its carry policy.
        const again = by === 'crash' ? 1 : 0;
        const branches = part === 'optimizer' || part === 'weights' ? 2 : 0;
        expect(resets.length).toBeGreaterThanOrEqual(branches);
        expect(resets.length).toBeLessThanOrEqual(branches && branches + again);
      }
    }
  });
});
