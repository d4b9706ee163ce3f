import protobuf from 'protobufjs/light.js';
import type { Attribute, Dtype, Elements, Graph, Value } from './graph.js';
import type { ArraySpec, Model } from './session.js';

/** Operator set versions of emitted graphs. */
const OPSETS = [
  { domain: '', version: 23 },
  { domain: 'com.microsoft', version: 1 },
];
const IR_VERSION = 11;

/** `TensorProto.DataType`. */
const ELEMENT_TYPE: Record<Dtype, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });
/** In proto2, which ONNX uses, repeated numbers are not packed. */
const unpacked = (type: string, id: number) => ({ ...repeated(type, id), options: { packed: false } });

/** The part of onnx.proto that is used here, with the field numbers of https://github.com/onnx/onnx. */
const schema = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        graph: { type: 'Graph', id: 7 },
        opsetImport: repeated('OperatorSet', 8),
      },
    },
    OperatorSet: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    Graph: {
      fields: {
        node: repeated('Node', 1),
        name: { type: 'string', id: 2 },
        initializer: repeated('Tensor', 5),
        input: repeated('ValueInfo', 11),
        output: repeated('ValueInfo', 12),
      },
    },
    Node: {
      fields: {
        input: repeated('string', 1),
        output: repeated('string', 2),
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: repeated('Attribute', 5),
        domain: { type: 'string', id: 7 },
      },
    },
    Attribute: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        s: { type: 'bytes', id: 4 },
        ints: unpacked('int64', 8),
        type: { type: 'int32', id: 20 },
      },
    },
    Tensor: {
      fields: {
        dims: unpacked('int64', 1),
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    ValueInfo: { fields: { name: { type: 'string', id: 1 }, type: { type: 'Type', id: 2 } } },
    Type: { fields: { tensorType: { type: 'TensorType', id: 1 } } },
    TensorType: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'Shape', id: 2 } } },
    Shape: { fields: { dim: repeated('Dimension', 1) } },
    Dimension: { fields: { dimValue: { type: 'int64', id: 1 } } },
  },
});

function encodeAttribute(name: string, attribute: Attribute) {
  switch (attribute.kind) {
    case 'float':
      return { name, f: attribute.value, type: 1 };
    case 'int':
      return { name, i: attribute.value, type: 2 };
    case 'string':
      return { name, s: new TextEncoder().encode(attribute.value), type: 3 };
    case 'ints':
      return { name, ints: attribute.value, type: 7 };
  }
}

/** Bytes of a typed array, without a copy. */
export function bytesOf(elements: Elements): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

/** Names of values in the model. Names of inputs and outputs cannot clash with others. */
const inputName = (index: number) => `input${index}`;
const outputName = (index: number) => `output${index}`;

const valueInfo = (name: string, { dtype, shape }: Value) => ({
  name,
  type: {
    tensorType: { elemType: ELEMENT_TYPE[dtype], shape: { dim: shape.map((dimValue) => ({ dimValue })) } },
  },
});

/** Encodes a model in ONNX's binary format. Inputs are named `input0`, `input1`, ..., outputs `output0`, ... */
export function encodeModel(graph: Graph): Uint8Array {
  const names = new Map<Value, string>();
  graph.inputs.forEach((value, index) => {
    names.set(value, inputName(index));
  });
  const initializers: object[] = [];
  const nameOf = (value: Value | undefined): string => {
    if (value === undefined) return '';
    let name = names.get(value);
    if (name === undefined) {
      name = `${value.constant ? 'constant' : 'value'}${value.id}`;
      names.set(value, name);
      if (value.constant) {
        initializers.push({
          dims: value.shape,
          dataType: ELEMENT_TYPE[value.dtype],
          name,
          rawData: bytesOf(value.constant),
        });
      }
    }
    return name;
  };
  const node = graph.nodes.map(({ op, domain, inputs, outputs, attributes }, index) => ({
    input: inputs.map(nameOf),
    output: outputs.map(nameOf),
    name: `${op}${index}`,
    opType: op,
    domain,
    attribute: Object.entries(attributes).map(([name, attribute]) => encodeAttribute(name, attribute)),
  }));
  // An output can be an input, a constant, or listed twice: an Identity gives each its own name.
  graph.outputs.forEach((value, index) => {
    const identity = {
      input: [nameOf(value)],
      output: [outputName(index)],
      name: `output${index}`,
      opType: 'Identity',
    };
    node.push({ ...identity, domain: '', attribute: [] });
  });
  const model = schema.lookupType('Model');
  return model
    .encode(
      model.fromObject({
        irVersion: IR_VERSION,
        producerName: 'tfjs-jit',
        opsetImport: OPSETS,
        graph: {
          name: 'traced',
          node,
          initializer: initializers,
          input: graph.inputs.map((value, index) => valueInfo(inputName(index), value)),
          output: graph.outputs.map((value, index) => valueInfo(outputName(index), value)),
        },
      }),
    )
    .finish();
}

/** The model with types and shapes of its inputs and outputs. */
export function modelOf(graph: Graph): Model {
  const specOf = ({ dtype, shape }: Value): ArraySpec => ({ dtype: dtype as ArraySpec['dtype'], shape });
  return { bytes: encodeModel(graph), inputs: graph.inputs.map(specOf), outputs: graph.outputs.map(specOf) };
}
