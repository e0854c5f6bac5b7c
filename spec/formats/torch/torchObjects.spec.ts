import type { Dtype } from '../../../formats/safetensors/dtypes.ts';
import {
  Global,
  Opaque,
  PickleDict,
  TorchStorage,
  TorchView,
  type PickleValue,
} from '../../../formats/torch/pickleValues.ts';
import { torchNames } from '../../../formats/torch/torchObjects.ts';

const fail = (problem: string) => new Error(problem);
const { call, persistent } = torchNames(fail);
const storage = (length = 10, type = 'torch.FloatStorage') =>
  persistent(['storage', new Global(type), '0', 'cpu', length]);
const view = (...args: PickleValue[]) => call('torch._utils._rebuild_tensor_v2', args);

test.each<[string, Dtype | undefined, number | undefined]>([
  ['torch.FloatStorage', 'F32', 4],
  ['torch.cuda.HalfStorage', 'F16', 2],
  ['torch.storage.UntypedStorage', undefined, 1],
  ['torch.ComplexDoubleStorage', undefined, 16],
  ['torch.OtherStorage', undefined, undefined],
  ['other.FloatStorage', undefined, undefined],
])('%s', (className, dtype, width) => {
  const facts = { className, dtype, width, key: '0', length: 3 };
  expect(storage(3, className)).toEqual(new TorchStorage(facts));
});

test('a tensor may reach the last element of its storage, and no further', () => {
  const own = storage(10);
  if (!(own instanceof TorchStorage)) throw new Error('no storage');
  const made = (offset: number, shape: number[], strides: number[]) =>
    new TorchView(own.facts, { offset, shape, strides });
  expect(view(own, 4, [2, 3], [1, 2])).toEqual(made(4, [2, 3], [1, 2]));
  expect(view(own, 9, [], [])).toEqual(made(9, [], []));
  expect(view(own, 10, [0], [1])).toEqual(made(10, [0], [1]));
  expect(() => view(own, 5, [2, 3], [1, 2])).toThrow(
    fail(
      'a tensor of shape [2, 3] with strides [1, 2] from 5 reaches beyond its storage of 10 elements',
    ),
  );
  expect(() => view(own, 10, [], [])).toThrow(
    fail('a tensor of shape [] with strides [] from 10 reaches beyond its storage of 10 elements'),
  );
  // The number of elements is beyond 2^53, though all are the same.
  expect(() => view(own, 0, [2 ** 30, 2 ** 30], [0, 0])).toThrow(
    fail(
      'a tensor of shape [1073741824, 1073741824] with strides [0, 0] from 0 reaches beyond its storage of 10 elements',
    ),
  );
});

test('sizes that the pickle changes after the check have no effect', () => {
  const [shape, strides] = [[2], [1]];
  const made = view(storage(), 0, shape, strides);
  shape[0] = 1e6;
  strides[0] = 1e6;
  if (!(made instanceof TorchView)) throw new Error('no tensor');
  expect(made.place).toEqual({ offset: 0, shape: [2], strides: [1] });
});

test.each<[string, PickleValue[]]>([
  ['no storage', [null, 0, [1], [1]]],
  ['a negative offset', [storage(), -1, [1], [1]]],
  ['a negative stride', [storage(), 5, [2], [-1]]],
  ['a fraction', [storage(), 0, [1.5], [1]]],
  ['more strides than sizes', [storage(), 0, [1], [1, 1]]],
  ['no strides', [storage(), 0, [1]]],
  [
    'more axes than PyTorch has',
    [storage(), 0, new Array<number>(65).fill(1), new Array<number>(65).fill(1)],
  ],
])('a tensor with %s is refused', (_, args) => {
  expect(() => view(...args)).toThrow(
    fail('expected a tensor as a storage, an offset, sizes and as many strides, got others'),
  );
});

test.each<[PickleValue, string]>([
  [['storage', new Global('torch.FloatStorage'), '0', 'cpu'], 'a list of 4 values'],
  [['storage', new Global('torch.FloatStorage'), '0', 'cpu', -1], 'a list of 5 values'],
  [['storage', new Global('torch.FloatStorage'), 0, 'cpu', 1], 'a list of 5 values'],
  [['storage', 'torch.FloatStorage', '0', 'cpu', 1], 'a list of 5 values'],
  // In files of PyTorch 0.1, the sixth element describes a view of another storage.
  [['storage', new Global('torch.FloatStorage'), '0', 'cpu', 1, ['1', 0, 1]], 'a list of 6 values'],
  ['0', 'a string'],
])('the storage %j is refused', (id, got) => {
  expect(() => persistent(id)).toThrow(
    fail(`expected a storage with its class, key, device and length, got ${got}`),
  );
});

test('parameters, sizes, and dicts are values; any other object is a name', () => {
  const tensor = view(storage(), 0, [1], [1]);
  expect(call('torch._utils._rebuild_parameter', [tensor, true, null])).toBe(tensor);
  expect(call('torch.Size', [[1, 2]])).toEqual([1, 2]);
  expect(call('collections.OrderedDict', [])).toEqual(new PickleDict());
  // Python 2 makes a dict from a list of its items.
  expect(call('collections.OrderedDict', [[['a', 1]]])).toEqual(new PickleDict([['a', 1]]));
  expect(call('argparse.Namespace', [])).toEqual(new Opaque('argparse.Namespace'));
  expect(call('torch.Size', 'no arguments')).toEqual(new Opaque('torch.Size'));
});

test('a tensor with attributes is a tensor, and only a tensor', () => {
  const args = [storage(), 0, [1], [1]];
  const typed = (name: string) =>
    call('torch._tensor._rebuild_from_type_v2', [
      new Global(name),
      new Global('torch.Tensor'),
      args,
      null,
    ]);
  expect(typed('torch._utils._rebuild_tensor_v2')).toBeInstanceOf(TorchView);
  expect(typed('torch._utils._rebuild_sparse_tensor')).toEqual(
    new Opaque('torch._utils._rebuild_sparse_tensor'),
  );
});

test.each([
  'os.system',
  'posix.system',
  'subprocess.Popen',
  'builtins.eval',
  '__builtin__.exec',
  'runpy._run_code',
])('a call of %s is refused with a warning', (name) => {
  expect(() => call(name, ['x'])).toThrow(
    fail(
      `the file calls ${name}, which PyTorch would run: do not open it in Python; boxprop has run nothing`,
    ),
  );
});

test('names that only look like those are not refused', () => {
  for (const name of ['osmnx.Graph', 'codecs.encode', 'builtins.set', 'my.os.system'])
    expect(call(name, [])).toEqual(new Opaque(name));
});
