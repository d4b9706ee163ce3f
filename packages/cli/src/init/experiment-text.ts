/** The text of a first experiment file, with comments. */
import type { FolderSurvey } from '@branchline/data';
import { parameterCount } from '@branchline/model';
import { duration, quantity, short } from '../ui/format.js';
import type { Design } from './design.js';

/** What the file says of itself. */
export interface FileContext {
  readonly name: string;
  /** The folder with the text, relative to the file. */
  readonly folder: string;
  /** Files of the folder that are no text of the experiment. */
  readonly without: readonly string[];
  /** As the user gave it. */
  readonly time: string;
}

/** A value in YAML: JSON is YAML, and plain words need no quotes. */
const yaml = (value: string) =>
  /^[\w./-]*[a-z/][\w./-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);
const list = (values: readonly string[]) => `[${values.map(yaml).join(', ')}]`;

/** The experiment as YAML. */
export function experimentText(survey: FolderSurvey, design: Design, context: FileContext): string {
  const { model, versions, tokens, batch, learningRate, seconds } = design;
  return `# A first experiment: three ways to update a model with every version of the text, compared.
# It takes about ${duration(seconds)} of training here, for --time ${context.time}. Change what you like, then:
#   npx branchline plan ${context.name}.yaml     what it trains and costs
#   npx branchline bench ${context.name}.yaml    trains it, and writes runs/${context.name}/report.html
name: ${yaml(context.name)}

# ${short(parameterCount(model))} parameters. Larger models need more text and time:
# about 20 tokens for each parameter are usual.
model: { layers: ${model.layers}, width: ${model.width}, heads: ${model.heads}, context: ${model.context} }

data:
  # ${foundText(survey)}${skippedText(survey)}
${sourcesText(survey, design, context)}
  # ${versionsComment(design)}
  # Each version has ${short(tokens)} tokens, a token is a byte; without \`tokens\` nearly all text is trained on.
  versions: { by: ${versions.by}${versionKeys(versions)}, tokens: ${tokens} }
  # tokenizer: { tiktoken: gpt2 }    # a token is about four letters then; the default is bytes

training:
  batch: ${batch} # sequences of a step: ${short(batch * model.context)} tokens
  # The best peak rate depends on model and text: npx branchline lr fit ${context.name}.yaml
  lr: { peak: ${learningRate}, warmup: 10, minRatio: 0.1 }

# Others: npx branchline plugins
strategies:
  from scratch: [from-scratch] # the quality to reach, at a cost that grows with every version
  continual: [continual] # the cheapest: goes further with the new text
  path switching: [path-switching] # a branch with a decaying rate for each release
`;
}

function skippedText({ skippedFiles }: FolderSurvey): string {
  if (skippedFiles.length === 0) return '';
  const names = skippedFiles.slice(0, 3).map(({ file }) => file);
  const more = skippedFiles.length > names.length ? ` and ${skippedFiles.length - names.length} more` : '';
  return `\n  # Not read, because they are empty or no text: ${names.join(', ')}${more}`.replaceAll(/[\r]/g, ' ');
}

function foundText({ files, documents }: FolderSurvey): string {
  const formats = (['text', 'jsonl', 'parquet'] as const).flatMap((format) => {
    const own = files.filter((file) => file.format === format);
    const bytes = own.reduce((sum, file) => sum + file.bytes, 0);
    return own.length === 0
      ? []
      : [`${own.length} ${format} ${own.length === 1 ? 'file' : 'files'}, ${quantity(bytes, 'B')}`];
  });
  const fields =
    documents === undefined
      ? ''
      : `; ${documents.documents} documents with the fields ${[documents.text, ...documents.fields.map(({ name }) => name)].join(', ')}`;
  return `Found: ${formats.join('; ')}${fields}`.replaceAll(/[\r\n]/g, ' ');
}

function sourcesText(
  survey: FolderSurvey,
  { versions, domainField }: Design,
  { folder, without }: FileContext,
): string {
  const { documents } = survey;
  const fields = [
    ...(documents === undefined || documents.text === 'text' ? [] : [`textField: ${yaml(documents.text)}`]),
    ...(versions.by === 'field' ? [`versionField: ${yaml(versions.field)}`] : []),
    ...(domainField === undefined ? [] : [`domainField: ${yaml(domainField)}`]),
  ];
  const line = (files: readonly string[]) =>
    `    - { files: ${files.length === 1 ? yaml(files[0]!) : list(files)}${fields.map((field) => `, ${field}`).join('')} }`;
  const at = (name: string) => (folder === '.' ? name : `${folder}/${name}`);
  if (versions.by === 'source') return ['  sources:', ...versions.names.map((name) => line([at(name)]))].join('\n');
  // Other formats have no fields, or others.
  const others = survey.files.filter((file) => file.format !== survey.format).map(({ name }) => `!${at(name)}`);
  return ['  sources:', line([folder, ...without.map((name) => `!${at(name)}`), ...others])].join('\n');
}

function versionKeys(versions: Design['versions']): string {
  if (versions.by === 'random') return `, count: ${versions.count}`;
  return versions.by === 'field' && versions.period !== undefined ? `, period: ${versions.period}` : '';
}

function versionsComment({ versions }: Design): string {
  const sizes = `the smallest has ${quantity(versions.bytes, 'B')} of text`;
  if (versions.by === 'field') {
    const what = versions.period === undefined ? 'value of' : `${versions.period} in`;
    return `A version for each ${what} "${versions.field}": ${versions.names.length} of them, ${sizes}.`;
  }
  if (versions.by === 'source') return `A version for each dated file or folder, oldest first: ${sizes}.`;
  return 'No dates were found that make versions of enough text: documents are dealt to versions at random. With a date field: { by: field, period: month } and versionField.';
}
