/** Whether transformers has a model, with the arrays of its checkpoint. */
import type { ModelDescription, Problem } from '@branchline/core';
import { parseSpec } from '@branchline/model';
import { messageModel } from './message-model.js';
import type { TorchSettings } from './options.js';
import { TorchError } from './worker/errors.js';
import { problemsOf } from './worker/session.js';

/** All that keeps a model from being trained; `trainer` is the path of what is missing on this machine. */
export async function checkModel(settings: TorchSettings, model: ModelDescription): Promise<readonly Problem[]> {
  try {
    return await problemsOf(messageModel(parseSpec(model.spec)), model.context, settings);
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    return error.problems.map((problem) => ({ configPath: 'trainer', ...problem }));
  }
}
