import {
  Opaque,
  PickleDict,
  TorchView,
  type PickleValue,
} from '../../../formats/torch/pickleValues.ts';
import { findStateDict } from '../../../formats/torch/stateDict.ts';

const fail = (problem: string) => new Error(problem);
const view = new TorchView(
  { className: 'torch.FloatStorage', dtype: 'F32', width: 4, key: '0', length: 1 },
  { offset: 0, shape: [], strides: [] },
);
const dict = (items: Readonly<Record<string, PickleValue>>) =>
  new PickleDict(Object.entries(items));
const find = (root: PickleValue, bytes = 1000) => {
  const { tensors, note } = findStateDict(root, bytes, fail);
  return [[...tensors.keys()], note];
};
const weights = dict({ w: view, steps: 4 });

test('a dict of tensors is taken as it is', () => {
  expect(find(dict({ w: view, epoch: 1, args: new Opaque('argparse.Namespace') }))).toEqual([
    ['w'],
    undefined,
  ]);
  expect(find(dict({ a: dict({ w: view }), b: dict({ c: dict({ w: view }) }) }))).toEqual([
    ['a.w', 'b.c.w'],
    undefined,
  ]);
  expect(find(new PickleDict([[0, view]]))).toEqual([['0'], undefined]);
});

test('the known dicts of a checkpoint come first, those of averages last', () => {
  const read = (key: string, others = '') => [['w'], `the weights are those of "${key}"${others}`];
  expect(find(dict({ optimizer: weights, net: weights }))).toEqual(read('net'));
  expect(find(dict({ ema: weights, other: weights, model: weights }))).toEqual(
    read('model', ', not "ema", "other"'),
  );
  expect(find(dict({ ema: weights, mean: view }))).toEqual(read('ema'));
  expect(find(dict({ params_ema: weights, params: weights }))).toEqual(
    read('params', ', not "params_ema"'),
  );
  // A dict may have any key if it is the only one with tensors.
  expect(find(dict({ anything: weights, optimizer: weights, epoch: 1 }))).toEqual(read('anything'));
  expect(find(dict({ model: dict({ state_dict: weights }) }))).toEqual([
    ['w'],
    'the weights are those of "model" > "state_dict"',
  ]);
  const many = Object.fromEntries('abcdefg'.split('').map((key) => [key, weights]));
  expect(find(dict({ net: weights, ...many }))).toEqual(
    read('net', ', not "a", "b", "c", "d" and 3 more'),
  );
});

test.each<[PickleValue, string]>([
  [[view], 'a list'],
  [view, 'one tensor without a name'],
  [new Opaque('my.Net'), 'a whole module, "my.Net"'],
  [dict({ epoch: 1, args: new Opaque('argparse.Namespace') }), 'a dict without any'],
  [
    dict({ args: new Opaque('a.B'), net: new Opaque('my.Net') }),
    'under "net" a whole module, "my.Net"',
  ],
])('no tensors: the error says what there is', (root, got) => {
  expect(() => find(root)).toThrow(
    fail(
      `expected tensors by name, got ${got}: save the weights with torch.save(model.state_dict(), 'weights.pth')`,
    ),
  );
});

test('a tensor of a kind that is not read is refused among the weights, and ignored elsewhere', () => {
  const sparse = new Opaque('torch._utils._rebuild_sparse_tensor');
  const model = dict({ w: view });
  expect(find(dict({ model, scaler: dict({ w: sparse }) }))[0]).toEqual(['w']);
  expect(() => find(dict({ w: view, v: sparse }))).toThrow(
    fail('tensor "v": torch._utils._rebuild_sparse_tensor is not read: save it as float32'),
  );
});

test('a name that two tensors have is refused', () => {
  expect(() => find(dict({ 'a.w': view, a: dict({ w: view }), b: weights }))).toThrow(
    fail('expected each name once, got "a.w" twice'),
  );
});

test('a dict that many others hold is searched once', () => {
  let searches = 0;
  class Counted extends PickleDict {
    override values() {
      searches++;
      return super.values();
    }
  }
  const inner = new Counted([['steps', 1]]);
  const many = Array.from({ length: 500 }, (_, i) => [`k${i}`, inner] as const);
  expect(find(dict({ ...Object.fromEntries(many), net: weights }), 1e5)[0]).toEqual(['w']);
  expect(searches).toBe(1);
});

test('dicts that hold each other end in an error, at once', () => {
  const endless = fail('expected dicts of tensors, got dicts that repeat each other without end');
  const self = dict({ w: view, v: view });
  self.set('self', self);
  expect(() => find(self)).toThrow(endless);
  // Each of seven dicts holds the next one ten times, so there are 10^7 names in a small file.
  let inner = dict({ w: view });
  for (let i = 0; i < 7; i++) {
    const outer = new PickleDict();
    for (let k = 0; k < 10; k++) outer.set(`k${k}`, inner);
    inner = outer;
  }
  expect(() => find(inner, 5000)).toThrow(endless);
  // A long key is the prefix of a thousand names.
  const names = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`w${i}`, view]));
  const long = dict({ ['x'.repeat(50_000)]: dict(names), y: dict(names) });
  expect(() => find(long, 100_000)).toThrow(endless);
});
