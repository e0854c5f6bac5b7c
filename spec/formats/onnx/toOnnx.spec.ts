import { PbfReader } from 'pbf';
import {
  Conv2D,
  ConvTranspose2D,
  Dropout,
  Flatten,
  init,
  Linear,
  MaxPool2D,
  Pointwise,
  ReLU,
  Residual,
  Rng,
  Sequential,
  useBackend,
  type Module,
} from '../../../index.ts';
import * as modules from '../../../modules/index.ts';
import { boxNames } from '../../../gradcheck/index.ts';
import { EXPORTED, toOnnx } from '../../../formats/onnx/toOnnx.ts';
import { encodeModel } from '../../../formats/onnx/proto.ts';

const draw = { rng: new Rng(0) };

async function bytesOf(model: ReturnType<typeof toOnnx>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of encodeModel(model)) parts.push(part.slice());
  return Buffer.concat(parts);
}

/**
 * Decodes a protobuf message. The keys are field numbers, and the values of each field are in
 * order.
 */
function fields(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  return new PbfReader(bytes).readFields(
    (tag, found: Map<number, (number | Uint8Array)[]>, pbf) => {
      const value =
        pbf.type === 2 ? pbf.readBytes() : pbf.type === 5 ? pbf.readFloat() : pbf.readVarint(true);
      found.set(tag, [...(found.get(tag) ?? []), value]);
    },
    new Map<number, (number | Uint8Array)[]>(),
  );
}

const messages = (of: Map<number, (number | Uint8Array)[]>, tag: number) =>
  (of.get(tag) ?? []).map((bytes) => fields(bytes as Uint8Array));
const texts = (of: Map<number, (number | Uint8Array)[]>, tag: number) =>
  (of.get(tag) ?? []).map((bytes) => Buffer.from(bytes as Uint8Array).toString());

/** The operators of an exported network, in order. */
const operators = (network: Module, inputShape: readonly number[]) =>
  toOnnx(network, { inputShape }).nodes.map(({ op }) => op);

describe('ONNX', () => {
  beforeAll(() => useBackend('cpu'));

  it('has one or more operators for every box except Pointwise', () => {
    const containers = ['Branch', 'Graph', 'Residual', 'Sequential'];
    const known = new Set([...EXPORTED, ...containers, 'Pointwise']);
    expect(boxNames(modules).filter((name) => !known.has(name))).toEqual([]);
  });

  it('transposes images twice, at the input and before they are flattened', () => {
    const network = new Sequential([
      new Conv2D(2, 3, 3, draw),
      new ReLU(),
      new Residual(new Conv2D(3, 3, 1, draw)),
      new MaxPool2D(2),
      new Dropout(),
      new Flatten(),
      new Linear(12, 4, draw),
    ]);
    expect(operators(network, [6, 6, 2])).toEqual(
      'Transpose Conv Relu Conv Add MaxPool Transpose Flatten Gemm Identity'.split(' '),
    );
  });

  it('pads the sum of a ConvTranspose2D whose outputPadding reaches the stride, then adds the bias', () => {
    const made = (outputPadding: number, bias = true) =>
      new ConvTranspose2D(2, 3, 3, { stride: 2, dilation: 3, outputPadding, bias, ...draw });
    const one = (box: ConvTranspose2D) => operators(new Sequential([box]), [4, 4, 2]).slice(1, -2);
    expect(one(made(1))).toEqual(['ConvTranspose']);
    expect(one(made(2))).toEqual(['ConvTranspose', 'Pad', 'Add']);
    expect(one(made(2, false))).toEqual(['ConvTranspose', 'Pad']);
  });

  it('pads before a dilated MaxPool2D whose padding is as wide as its kernel', () => {
    const one = (dilation: number) =>
      operators(new MaxPool2D(3, { stride: 1, padding: 'same', dilation }), [9, 9, 2]).slice(0, -2);
    expect(one(2)).toEqual(['Transpose', 'MaxPool']);
    expect(one(3)).toEqual(['Pad', 'Transpose', 'MaxPool']);
  });

  it('transposes nothing if the order does not matter', () => {
    const network = new Sequential([new ReLU(), new Flatten(), new Linear(12, 4, draw)]);
    expect(operators(network, [6, 1, 2])).toEqual(['Relu', 'Flatten', 'Gemm', 'Identity']);
  });

  it('writes the fields of the specification', async () => {
    const shared = new Linear(2, 2, { init: init.values([1, 2, 3, 4]) });
    const model = toOnnx(new Sequential({ first: shared, relu: new ReLU(), again: shared }), {
      inputShape: [2],
      name: 'twice',
      metadata: { epoch: '3' },
    });
    const file = fields(await bytesOf(model));
    expect([file.get(1), texts(file, 2)]).toEqual([[8], ['boxprop']]);
    expect(messages(file, 8).map((set) => set.get(2))).toEqual([[17]]);
    expect(messages(file, 14).map((entry) => [texts(entry, 1), texts(entry, 2)])).toEqual([
      [['epoch'], ['3']],
    ]);
    const [graph] = messages(file, 7);
    expect(texts(graph, 2)).toEqual(['twice']);
    const nodes = messages(graph, 1).map((node) => [
      texts(node, 4)[0],
      texts(node, 1),
      texts(node, 2),
    ]);
    expect(nodes).toEqual([
      ['Gemm', ['input', 'first.weight', 'first.bias'], ['first/Gemm']],
      ['Relu', ['first/Gemm'], ['relu/Relu']],
      ['Gemm', ['relu/Relu', 'first.weight', 'first.bias'], ['again/Gemm']],
      ['Identity', ['again/Gemm'], ['output']],
    ]);
    const [gemm] = messages(graph, 1);
    const [transB] = messages(gemm, 5);
    expect([texts(transB, 1), transB.get(3), transB.get(20)]).toEqual([['transB'], [1], [2]]);
    // The weights of a box that is used twice are written once.
    const tensors = messages(graph, 5);
    expect(tensors.map((tensor) => texts(tensor, 8)[0])).toEqual(['first.weight', 'first.bias']);
    const [weight] = tensors;
    expect([[...(weight.get(1)![0] as Uint8Array)], weight.get(2)]).toEqual([[2, 2], [1]]);
    expect(Buffer.from(weight.get(9)![0] as Uint8Array)).toEqual(
      Buffer.from(Float32Array.of(1, 2, 3, 4).buffer),
    );
    const [input] = messages(graph, 11);
    const [type] = messages(input, 2).flatMap((of) => messages(of, 1));
    const dims = messages(type, 2).flatMap((shape) => messages(shape, 1));
    expect([texts(input, 1), type.get(1)]).toEqual([['input'], [1]]);
    expect([texts(dims[0], 2), dims[1].get(1)]).toEqual([['N'], [2]]);
  });

  it('writes the same bytes every time', async () => {
    const network = new Sequential([new Conv2D(2, 3, 3, draw), new ReLU()]);
    const [first, second] = [0, 1].map(() => toOnnx(network, { inputShape: [4, 4, 2] }));
    expect(await bytesOf(first)).toEqual(await bytesOf(second));
  });

  it('refuses a box that has no operators, by its path', () => {
    const inner = new Sequential({ odd: new Pointwise(2, (x) => x, (x) => x) }); // prettier-ignore
    expect(() => toOnnx(new Sequential({ features: inner }), { inputShape: [2] })).toThrow(
      expect.objectContaining({
        message: 'features.odd > Pointwise: cannot be exported to ONNX',
      }) as Error,
    );
    class Twice extends ReLU {}
    expect(() => toOnnx(new Twice(), { inputShape: [2] })).toThrow(
      expect.objectContaining({ message: 'Twice: cannot be exported to ONNX' }) as Error,
    );
  });

  it('refuses an image that does not fit the network', () => {
    expect(() => toOnnx(new Sequential([new Linear(3, 2, draw)]), { inputShape: [2] })).toThrow(
      expect.objectContaining({
        message: '0 > Linear.forward: expected input of shape [N, 3], got [1, 2]',
      }) as Error,
    );
  });
});
