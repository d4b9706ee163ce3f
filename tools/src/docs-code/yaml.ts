/** What is wrong with experiments in YAML in documents. */
import Ajv from 'ajv';
import { parse } from 'yaml';
import { read } from '../site/pages.ts';
import type { Block } from './blocks.ts';

type Schema = {
  readonly properties: Readonly<Record<string, { anyOf?: readonly object[] }>>;
  readonly required: unknown;
};

const schema = JSON.parse(read('packages/api/experiment.schema.json')) as Schema;
const { required: _, ...ofParts } = schema;
const ajv = new Ajv({ allErrors: true });
const isExperiment = ajv.compile(schema);
const isPart = ajv.compile(ofParts);
const isPrices = ajv.compile(schema.properties.prices!.anyOf![1]!);

/** Problems of a block: an experiment, some keys of one, or a file of prices. */
export function yamlProblems({ place, content }: Block): readonly string[] {
  const value = parse(content) as Record<string, unknown>;
  const validate = 'devices' in value ? isPrices : 'model' in value && 'strategies' in value ? isExperiment : isPart;
  if (validate(value) === true) return [];
  return (validate.errors ?? []).map(({ dataPath, message, params }) => {
    return `${place}: ${dataPath} ${message ?? ''} ${JSON.stringify(params)}`;
  });
}
