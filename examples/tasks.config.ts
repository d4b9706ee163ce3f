// Compares releases on multiple-choice tasks; see docs/tasks.md. Takes about two minutes on two cores.
import { continual, defineExperiment, fromScratch, modelAveraging, pathSwitching } from 'branchline';

export default defineExperiment({
  model: { layers: 2, width: 64, heads: 2, context: 64 },
  data: {
    sources: [{ lockfile: '../package-lock.json', bytesPerDomain: '600KB' }],
    versions: { by: 'random', count: 3, tokens: 153_600 },
  },
  tasks: [
    // Each line is an item: { "query": "...", "choices": ["...", "..."], "gold": 0 }.
    { name: 'packages', files: 'tasks/packages.jsonl', delimiter: '' },
    // Items made from held-out text: which of four texts continues it?
    { name: 'next text', generate: { items: 32 } },
  ],
  training: { batch: 16, lr: { peak: 4e-3, warmup: 15, minRatio: 0.1 } },
  strategies: {
    'from scratch': [fromScratch()],
    continual: [continual()],
    'path switching': [pathSwitching({ alpha: 0.6 })],
    'path switching + averaging': [pathSwitching({ alpha: 0.6 }), modelAveraging({ last: 3, every: 3 })],
  },
  seeds: 3,
  compare: {
    margin: 0.02,
    claims: {
      'as many right answers': {
        strategy: 'path switching',
        against: 'from scratch',
        metric: { taskError: 'next text' },
        margin: 0.05,
        expect: '<= margin',
      },
    },
  },
});
