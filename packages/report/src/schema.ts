import type { JsonValue } from '@branchline/core';
import type { Results } from '@branchline/evaluation';
import { z } from 'zod';
import { comparisonSchema } from './comparison-schema.js';

/**
 * The schema of `results.json`. It mirrors a type that is declared without a validator; the two checks at the end of
 * this file break the build if they differ.
 */

const count = (description: string) => z.number().int().nonnegative().describe(description);
const amount = (description: string) => z.number().nonnegative().describe(description);
const text = (description: string) => z.string().describe(description);
const digest = (description: string) =>
  z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 digest: 64 lower-case hexadecimal digits')
    .describe(`${description} SHA-256, lower-case hexadecimal.`);
const json = (description: string): z.ZodType<JsonValue> => z.json().describe(description);
const polyline = (description: string) => z.array(z.tuple([z.number(), z.number()])).describe(description);

const cost = (description: string) =>
  z
    .strictObject({
      tokens: amount('Tokens trained on.'),
      flops: amount('Floating-point operations, forward and backward.'),
      steps: amount('Optimizer steps.'),
      deviceSeconds: amount('Seconds a device was busy.'),
      energyJoules: amount('Joules; null if the power of the device is unknown.').nullable(),
      money: amount('In `currency`; null when the device has no price.').nullable(),
    })
    .describe(description);

const heldOut = z.array(
  z.strictObject({
    version: count('Index of the version that the text came with.'),
    domain: text('Name of the domain.'),
    tokens: count('Tokens of that text.'),
    loss: z.number().describe('Nats per token.'),
    bitsPerByte: z.number().describe('Bits per byte.'),
  }),
);

const transfer = z.strictObject({
  forgetting: z
    .number()
    .describe('Mean over the texts of earlier versions: loss above the least that an earlier release had.'),
  backwardTransfer: z
    .number()
    .describe('Mean over the texts of earlier versions: loss above that of the release the text came with.'),
  forwardTransfer: z
    .number()
    .describe('Mean over the texts of all versions up to this one but the first: loss of the release before.'),
});

const accuracy = {
  items: z.number().int().positive().describe('Items that were answered.'),
  acc: amount('Share of the items whose right choice has the highest log-likelihood.'),
  acc_norm: amount('The same with log-likelihoods per byte of the choice.'),
  chance: amount('What guessing comes to: the mean of 1 / choices.'),
};

const task = z
  .strictObject({
    name: text('Name of the task.'),
    ...accuracy,
    parts: z
      .array(
        z.strictObject({
          version: count('Index of the version that the items are about; 0: of none.'),
          domain: text('Domain that they are about; empty: none.'),
          ...accuracy,
        }),
      )
      .describe('By version and domain of the items; those of later versions too, which the figures above leave out.'),
  })
  .describe('A multiple-choice task, answered by log-likelihood.');

const validation = z
  .strictObject({
    name: text('Name of the validation set.'),
    tokens: count('Tokens of it.'),
    loss: z.number().describe('Nats per token.'),
    bitsPerByte: z.number().describe('Bits per byte.'),
    lossByDomain: z.record(z.string(), z.number()).describe('Nats per token by domain.'),
  })
  .describe('Losses on a validation set, all of it for every release.');

const validationSet = z
  .strictObject({
    name: text('Name of the set.'),
    sequences: count('Sequences of the set.'),
    tokens: count('Tokens of the set.'),
    removed: z
      .strictObject({ documents: count('Documents, whole or in part.'), bytes: count('Their bytes.') })
      .describe('Training text that was removed because it is also in this set.'),
  })
  .describe('Text that is never trained on, from files of its own.');

const release = z
  .strictObject({
    version: count('Index of the version, as in `data.versions`.'),
    seed: count('Seed that it was trained under.'),
    checkpoint: digest('Key of the checkpoint.'),
    weightsDigest: digest('Of the weights file: equal digests, equal models.'),
    averaged: z.number().int().positive().describe('Checkpoints averaged into it; 1 for a release that was trained.'),
    processors: z
      .array(z.string())
      .optional()
      .describe('Processors that trained it, if there is another one than that of the run.'),
    loss: z.number().describe('Nats per token on the held-out text of all versions up to this one.'),
    bitsPerByte: z.number().describe('Bits per byte of the same text.'),
    lossByDomain: z.record(z.string(), z.number()).describe('Nats per token on the same text, by domain.'),
    lossByVersion: z
      .record(z.string(), z.number())
      .describe('Nats per token on the held-out text of every version of the experiment, by version name.'),
    heldOut: heldOut.optional().describe('Domain and version crossed. Absent in results of before it was known.'),
    transfer: transfer
      .optional()
      .describe('In nats per token, lower is better. Absent for the first release, and where `heldOut` is.'),
    validation: z.array(validation).optional().describe('On every validation set; absent without any.'),
    tasks: z.array(task).optional().describe('Answered tasks; absent without any.'),
    cumulative: cost('What the strategy had to train, alone, to publish all versions up to this one.'),
  })
  .describe('One published model.');

const path = z
  .strictObject({
    version: count('Index of the version the path belongs to.'),
    name: text('`main`, or the name of the fork.'),
    begin: count('First position, in steps since the start weights.'),
    end: count('Last position, in steps since the start weights.'),
    releases: z.boolean().describe("True when the version's release is this path's end or an average over it."),
    rate: polyline('Learning rate as a polyline of [position in steps, rate].'),
    loss: polyline('Training loss, thinned, as a polyline of [position in steps, nats per token].'),
  })
  .describe('One path of a strategy, for drawing.');

const strategy = z
  .strictObject({
    name: text('As often in the results as there are seeds.'),
    seed: count('Seed that it was trained under.'),
    plugins: z
      .array(
        z.strictObject({
          name: text('Package name without scope.'),
          version: text('Version of the plugin; absent when it says none.').optional(),
          options: json('Options as the plugin read them, defaults included.'),
        }),
      )
      .describe('In the order in which they decide.'),
    cost: z.strictObject({
      standalone: cost('Had this strategy been run alone.'),
      attributed: cost('Every segment and evaluation divided equally among the strategies that need it.'),
      measured: cost('Of the standalone cost, losses that its plugins measured to decide branches.').optional(),
      ratioToBaseline: amount(
        "Standalone tokens over the baseline's under the same seed; null in partial results unless both are complete.",
      ).nullable(),
    }),
    releases: z.array(release),
    captures: z
      .array(
        z.strictObject({
          checkpoint: digest('Key of the state.'),
          position: count('Steps since the start weights.'),
        }),
      )
      .describe("States that a plugin's onStep wanted kept."),
    paths: z.array(path),
  })
  .describe('One strategy under one seed, and what it cost and published.');

const node = z
  .strictObject({
    id: count('Index in `nodes`.'),
    key: digest('Key of the checkpoint.'),
    kind: z
      .enum(['init', 'step', 'derived', 'reset'])
      .describe(
        '`init`: fresh weights, or those of the checkpoint that training starts from. `step`: end of a segment. `derived`: an average. `reset`: some parts left out.',
      ),
    processor: text('The processor that made it, if it is not that of the run.').optional(),
    position: count('Steps since the start weights.'),
    seed: count('Of the weights it began with.'),
    releases: z.array(z.strictObject({ strategy: text('Name of the strategy.'), version: count('Version index.') })),
  })
  .describe('A checkpoint in the run graph.');

const edge = z
  .strictObject({
    from: count('Index in `nodes`.'),
    to: count('Index in `nodes`.'),
    kind: z.enum(['train', 'average', 'reset']).describe('`train`: a segment. The others derive a checkpoint.'),
    steps: count('Optimizer steps; 0 for an edge that trains nothing.'),
    weight: z.number().describe('Weight of `from` in an average; 1 elsewhere.'),
    strategies: z.array(z.string()).describe('Names of the strategies that need this edge.'),
  })
  .describe('A segment, or the way from a checkpoint into one that is derived from it.');

/** The message for an unsupported `format`, e.g. of results from another version of Branchline. */
function formatMessage(format: unknown): string {
  return typeof format === 'number'
    ? `is ${format}, but this version reads format 2; run the experiment again with the version at hand, which trains nothing twice`
    : 'must be 2';
}

/** The schema of `results.json`. Objects are strict: unknown keys are problems. */
export const resultsSchema = z
  .strictObject({
    format: z
      .literal(2, { error: ({ input }) => formatMessage(input) })
      .describe('Changes when a reader of the old form would misread the new one.'),
    partial: z
      .strictObject({
        releases: count('Releases in these results, one per strategy, seed and version.'),
        of: count('Releases of the whole plan.'),
        missing: z
          .array(
            z.strictObject({
              strategy: text('Name of the strategy.'),
              seed: count('Seed that it is trained under.'),
              versions: z.array(z.number().int()).min(1).describe('Indices of the versions.'),
            }),
          )
          .describe('Releases that do not exist yet.'),
      })
      .optional()
      .describe(
        'Present while the run is not finished: all planned strategies are listed, costs are those so far, and there are no verdicts.',
      ),
    experiment: z.strictObject({
      name: text('Name of the experiment.'),
      command: text('As typed, to run it again.'),
      finishedAt: text('ISO 8601 date and time.'),
      digest: digest('Of the experiment (model, optimizer, data, plans): equal digests train equal models.'),
    }),
    model: z.strictObject({
      spec: json('The architecture.'),
      parameters: count('Trainable scalars.'),
      nonEmbeddingParameters: count(
        'Those outside of the embedding and the output matrix. Absent in results of earlier releases of Branchline.',
      ).optional(),
      activeParameters: count('Those that one token uses. Absent: all of them.').optional(),
      context: count('Tokens a sequence trains on.'),
      flopsPerToken: amount('FLOPs of one training step per token, forward and backward.'),
      start: z
        .strictObject({
          digest: digest('Of the weights, as float32.'),
          description: digest('Of the files that describe the checkpoint, which exports give back.'),
          from: text('Where they came from, as written in the experiment.'),
        })
        .optional()
        .describe('The checkpoint that training started from. Absent: weights were drawn from the seed.'),
    }),
    training: z.strictObject({
      batch: count('Sequences per step.'),
      lr: z.strictObject({
        peak: amount('Highest learning rate.'),
        warmup: count('Steps of linear warm-up.'),
        minRatio: amount('Rate at the end of a full decay, as a share of the peak.'),
      }),
      optimizer: json('The optimizer and its hyperparameters.'),
    }),
    data: z.strictObject({
      digest: digest('Of the data.'),
      versions: z
        .array(
          z.strictObject({
            index: count('Index of the version.'),
            name: text('Name of the version.'),
            sequences: count('Sequences of the increment.'),
            tokens: count('Tokens of the increment.'),
          }),
        )
        .min(1),
      domains: z.array(z.string()).describe('Names of the domains.'),
      heldOutTokens: count('Tokens of held-out text, all versions together.'),
      tokenizer: z
        .strictObject({
          name: text('Contains everything that determines the tokens.'),
          endOfDocument: count('Token that ends every document.'),
          files: z.array(
            z.strictObject({ name: text('Name of a file of the tokenizer.'), digest: digest('Of the file.') }),
          ),
        })
        .optional()
        .describe('What turned the texts into tokens.'),
      uniformLoss: amount('Loss of guessing every token alike, in nats per token.').optional(),
      validation: z.array(validationSet).optional().describe('Validation sets; absent without any.'),
    }),
    trainer: z.strictObject({
      name: text('Package name without scope.'),
      version: text('Version of the trainer.'),
      engine: text('What computes, for people.'),
      device: text('Device, for the ledger.'),
      units: z
        .number()
        .positive()
        .optional()
        .describe('Threads or accelerators of a lane; below 1 when lanes share one.'),
      unit: z.enum(['device', 'thread']).optional().describe('What the units are.'),
      precision: z.enum(['float32', 'bfloat16']).describe('Precision of the arithmetic.'),
      deterministic: z.boolean().describe('True when two runs of the same steps end in the same bits.'),
      numerics: text('Everything about the arithmetic that can change a bit.'),
      processor: text('The part of it that names the processor.').optional(),
      predicted: z
        .strictObject({
          law: text('Name of the law.'),
          interval: amount(
            'Half the width of the interval that holds 95% of the measured losses, relative to the loss.',
          ),
        })
        .optional()
        .describe('The law that predicts the losses; absent: they are those of a trained model.'),
    }),
    seeds: z.array(z.number().int()).min(1).describe('Seeds of everything that is drawn but the corpus.'),
    baseline: text('Name of the strategy the others are compared with.'),
    strategies: z.array(strategy).min(1),
    graph: z.strictObject({
      segments: count('Segments that these strategies need.'),
      tokensTrained: amount('Tokens the ledger has for them: each trained once.'),
      tokensStandalone: amount('Tokens the strategies would have needed, each alone.'),
      nodes: z.array(node),
      edges: z.array(edge),
    }),
    failures: z
      .array(
        z.strictObject({
          strategies: z.array(z.string()).describe('Strategies that are not among the results.'),
          seeds: z.array(z.number().int()).optional().describe('Under which seeds; absent: under every one.'),
          message: z.string().describe('Why.'),
        }),
      )
      .describe("Strategies that a plugin's error or a segment that could not be trained stopped."),
    warnings: z
      .array(
        z.strictObject({
          strategies: z.array(z.string()).describe('The strategies that it is about.'),
          message: z.string().describe('What is unusual.'),
        }),
      )
      .optional()
      .describe('What the reader should know: one for each fault. Absent in results of earlier releases.'),
    averagingSaved: z
      .array(
        z.strictObject({
          strategy: text('A strategy whose releases are averages.'),
          seed: count('Seed that it was trained under.'),
          insteadOf: text('The cheapest one that trains branches off the same path for its releases.'),
          branches: cost('Of the branches that were not trained.'),
          extra: cost('Of what only the averages needed: a longer path.'),
        }),
      )
      .describe('What averaging saved in this experiment: decays that were not run.'),
    comparison: comparisonSchema.nullable().describe('Verdicts over seeds; null with one seed and no rule.'),
    actual: cost('What was really trained, evaluated and charged, however often the run was started.'),
    currency: text('ISO 4217, of every `money`.'),
  })
  .describe('Results of a Branchline experiment (results.json).');

/** Makes a type deeply readonly, like the declared types; types inferred by zod are not. JSON values stay unchanged. */
type Frozen<T> = [JsonValue] extends [T]
  ? JsonValue
  : T extends readonly [infer A, infer B]
    ? readonly [Frozen<A>, Frozen<B>]
    : T extends readonly (infer U)[]
      ? readonly Frozen<U>[]
      : T extends object
        ? { readonly [K in keyof T]: Frozen<T[K]> }
        : T;
/** Stricter than mutual assignability: an optional key on one side only is a difference. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Parsed = z.infer<typeof resultsSchema>;

/** Does not compile when the schema and core's `Results` differ in any key or type. */
export const schemaMirrorsCore: Same<Frozen<Parsed>, Frozen<Results>> = true;
const toCore = (parsed: Parsed): Results => parsed;
const fromCore = (results: Results): Frozen<Parsed> => results;
void [toCore, fromCore];

/** The JSON Schema (draft 2020-12) in `results.schema.json`. */
export function resultsJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(resultsSchema);
}
