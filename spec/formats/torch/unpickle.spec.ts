import {
  Global,
  Opaque,
  PickleDict,
  type PickleValue,
} from '../../../formats/torch/pickleValues.ts';
import { unpickle } from '../../../formats/torch/unpickle.ts';

const fail = (problem: string) => new Error(problem);
const names = {
  call: (name: string, args: PickleValue) => (name === 'm.list' ? args : new Opaque(name)),
  persistent: (id: PickleValue) => ['stored', id],
};
const run = (...program: (string | number | readonly number[])[]) => {
  const bytes = program.flatMap((part) =>
    typeof part === 'string' ? [...Buffer.from(part, 'latin1')] : part,
  );
  return unpickle(Uint8Array.from(bytes), 0, names, fail);
};
const valueOf = (...program: Parameters<typeof run>) => run(...program)?.value;

test.each<[string, Parameters<typeof run>, PickleValue]>([
  ['None and booleans', ['(N\x88\x89t.'], [null, true, false]],
  ['integers', ['(K\xffM\xff\xffJ\xfe\xff\xff\xfft.'], [255, 65535, -2]],
  ['long integers', ['(\x8a\x00\x8a\x01\xff\x8a\x02\x00\x01t.'], [0, -1, 256]],
  ['an integer beyond 2^53', ['\x8a\x08', [0, 0, 0, 0, 0, 0, 0, 128], '.'], -(2n ** 63n)],
  ['a double', ['G\x3f\xf8\0\0\0\0\0\0.'], 1.5],
  ['texts', ['X\x02\0\0\0\xc3\xa9U\x01a\x86.'], ['é', 'a']],
  ['tuples', ['K\x01\x85K\x02K\x03\x86)K\x05K\x06\x87\x87.'], [[1], [2, 3], [[], 5, 6]]],
  ['a list', ['](K\x01K\x02eK\x03a.'], [1, 2, 3]],
  ['the memo', ['K\x07q\x01r\0\x01\0\0h\x01j\0\x01\0\0\x87.'], [7, 7, 7]],
  ['a call of a known name', ['cm\nlist\nK\x01\x85R.'], [1]],
  ['a persistent id', ['K\x05Q.'], ['stored', 5]],
])('%s', (_, program, expected) => {
  expect(valueOf(...program)).toEqual(expected);
});

test('a dict, with one item and with several; the state of a dict is ignored', () => {
  const dict = valueOf('}K\x01K\x02s(K\x03K\x04K\x05K\x06u}b.');
  expect(dict).toEqual(
    new PickleDict([1, 2, 3, 4, 5, 6].flatMap((k, i, all) => (i % 2 ? [] : [[k, all[i + 1]]]))),
  );
});

test('an object of any other class is only a name, whatever is done with it', () => {
  const object = new Opaque('os.Thing');
  for (const program of [
    'cos\nThing\n)R.',
    'cos\nThing\n)\x81}b(K\x01e(K\x01K\x02uK\x01aK\x01K\x02s.',
  ])
    expect(valueOf(program)).toEqual(object);
  // The result of a call of such an object may be called too.
  expect(valueOf('cos\nThing\n)R)R.')).toEqual(object);
  expect(valueOf('cos\nThing\n.')).toEqual(new Global('os.Thing'));
});

test('the end of a pickle is found, and undefined is returned where the bytes end before', () => {
  expect(run('\x80\x02K\x01.K\x02.')).toEqual({ value: 1, end: 5 });
  for (const program of ['', '\x80', '\x80\x02', 'K', 'K\x01', 'X\x05\0\0\0ab', 'cos\nsys', 'G\0'])
    expect(run(program)).toBe(undefined);
  expect(run('X\xff\xff\xff\xffab.')).toBe(undefined);
});

test.each([
  ['\x95', 'the pickle has the instruction FRAME, which torch.save does not write'],
  ['i', 'the pickle has the instruction INST, which torch.save does not write'],
  ['o', 'the pickle has the instruction OBJ, which torch.save does not write'],
  ['\x93', 'the pickle has the instruction STACK_GLOBAL, which torch.save does not write'],
  ['\x82\x01', 'the pickle has the instruction EXT1, which torch.save does not write'],
  ['\xff', 'the pickle has the instruction 0xff, which torch.save does not write'],
  [
    '\x80\x04',
    'expected a pickle of protocol 2, got protocol 4: save the weights without pickle_protocol',
  ],
  ['.', 'the pickle takes a value from an empty stack'],
  ['t', 'the pickle goes back to a mark that it has not set'],
  ['h\x05', 'the pickle takes value 5, which it has not stored'],
  ['K\x01K\x02a', 'expected the pickle to append to a list, got a number'],
  ['](K\x01u', 'expected the pickle to set pairs in a dict, got 1 keys and values in a list'],
  ['K\x01)R', 'expected the pickle to call a function, got a number'],
  [']Nb', 'expected the pickle to set the state of a dict or tensor, got a list'],
])('%j is refused', (program, problem) => {
  expect(() => run(program)).toThrow(fail(problem));
});

test.each<[string, number]>([
  ['N', 1e7],
  ['}', 1e6],
  [']', 1e6],
  ['(', 1e6],
  [')', 1e6],
])('too many instructions %s are refused', (instruction, most) => {
  const bytes = new Uint8Array(most + 1).fill(instruction.charCodeAt(0));
  expect(() => unpickle(bytes, 0, names, fail)).toThrow(
    fail('expected at most 10^7 values and 10^6 lists and dicts in a pickle, got more'),
  );
  // With fewer instructions, the pickle only counts as cut off, because it has no end.
  expect(unpickle(bytes.subarray(0, most - 1), 0, names, fail)).toBe(undefined);
});
