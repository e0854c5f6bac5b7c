import { boxprop } from '../support/runCommand.ts';

/** An option that would be ignored is refused. */
test.each([
  [['train', 'lenet', '--epochs', '1', '--epochs', '2'], '--epochs: expected once, got it twice'],
  [['train', 'lenet', '--out', ''], '--out: expected a value, got ""'],
  [['summary', 'lenet', '--svg', ''], '--svg: expected a value, got ""'],
  [['pset', 'new', 'linear', '--dir', ''], '--dir: expected a value, got ""'],
  [['pset', 'grade', 'ann', '--out='], '--out: expected a value, got ""'],
  [
    ['train', 'lenet', '--architecture', 'units=64,units=32'],
    '--architecture: expected each name once, got "units" again',
  ],
  [
    ['train', 'lenet', '--optimizer', 'adam', '--momentum', '0.5'],
    '--momentum: expected --optimizer sgd or rmsprop, got adam',
  ],
  [
    ['fool', 'w', '--target', '3'],
    '--target: expected --method closest or imagine or direct or cppn, got sign',
  ],
  [
    ['fool', 'w', '--method', 'imagine', '--examples', '1'],
    '--examples: expected --method sign or closest, got imagine',
  ],
  [
    ['fool', 'w', '--method', 'closest', '--epsilon', '0.1'],
    '--epsilon: expected --method sign, got closest',
  ],
  [['fool', 'w', '--seed', '1'], '--seed: expected --method imagine or direct or cppn, got sign'],
  [
    ['fool', 'w', '--method', 'imagine', '--generations', '9'],
    '--generations: expected --method direct or cppn, got imagine',
  ],
  [
    ['fool', 'w', '--method', 'sign', '--offspring', '9'],
    '--offspring: expected --method direct or cppn, got sign',
  ],
  [['fool', 'w', '--epsilon', '2'], '--epsilon: expected a number above 0 and at most 1, got "2"'],
  [
    ['transfer', 'a', 'b', '--epsilon', '0'],
    '--epsilon: expected a number above 0 and at most 1, got "0"',
  ],
  [['fool', 'w', '--out', 'a.gif'], '--out: expected a file named .html or .png, got "a.gif"'],
  [
    ['export', 'lenet', '--weights', 'a', '--onnx', './a'],
    'expected different files for the weights and each output, got "./a" twice',
  ],
  [
    ['export', 'lenet', '--weights', 'a', '--onnx', 'b', '--torchvision', 'b'],
    'expected different files for the weights and each output, got "b" twice',
  ],
])('%j', (args, message) => {
  expect(boxprop(...args)).toEqual({ status: 1, stdout: '', stderr: `boxprop: ${message}\n` });
});
