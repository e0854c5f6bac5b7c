import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boxprop, BUILT, ROOT } from '../support/runCommand.ts';

let folder: string;
// The folder is inside the project, so that a user's file can import boxprop and tfjs.
beforeAll(() => (folder = mkdtempSync(join(BUILT, 'spec-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A network with a user's box, whose gradient is `factor` times too large. */
function networkFile(name: string, factor: number): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `import { mul, tidy } from '@tensorflow/tfjs-core';
     import { Conv2D, Flatten, Linear, Module, scalar, Sequential } from 'boxprop';
     class Twice extends Module {
       forward(input) { return { output: tidy(() => mul(input, scalar(2))), cache: {} }; }
       backpropToInput(grad) { return tidy(() => mul(grad, scalar(${2 * factor}))); }
     }
     export const [inputShape, classes] = [[5, 4, 2], 3];
     export const network = ({ rng, inputShape: [height, width, channels] }) =>
       new Sequential({
         features: new Sequential([new Conv2D(channels, 3, 3, { rng, padding: 1 }), new Twice()]),
         flatten: new Flatten(),
         head: new Linear(3 * height * width, 3, { rng }),
       });`,
  );
  return path;
}

test('an ONNX file: a row per box and one for the whole network', () => {
  const file = join(ROOT, 'spec/fixtures/onnx/images.onnx');
  const { status, stdout, stderr } = boxprop('gradcheck', file, '--cases', '3');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/│ features_conv_Conv > Conv2D +│ +1 │ input, weight, bias +│ +472 │/);
  expect(stdout).toMatch(/│ OnnxNetwork as a whole +│ +1 │ input, all parameters │ +6 │ +0 │/);
  expect(stdout).toMatch(/float64, seed 0: every gradient agrees\n$/);
  expect(status).toBe(0);
});

test("a planted mistake in a user's box of a network's file is named by its path", () => {
  const good = boxprop('gradcheck', networkFile('good.mjs', 1));
  expect(good).toMatchObject({ status: 0, stderr: '' });
  const { status, stdout } = boxprop('gradcheck', networkFile('net.mjs', 1.5), '--seed', '4');
  expect(stdout).toMatch(/│ features\.1 > Twice +│ +1 │ input +│ +240 │ +0 │ +\S+ │ FAIL │/);
  expect(stdout).toMatch(
    /FAIL features\.1 > Twice on \[2, 5, 4, 3\]: input\[0, 0, 0, 0\]: analytic \S+, numeric \S+, step \S+ and 119 more of 120; looks like this: off by a factor 1\.5\n/,
  );
  expect(stdout).toMatch(/float64, seed 4: 3 of 14 checks fail\n$/);
  expect(status).toBe(1);
});

test('a network by name, with another input', () => {
  const { status, stdout } = boxprop('gradcheck', 'lenet1', '--input', '28,28,1');
  expect(stdout).toMatch(/│ Sequential as a whole +│ +1 │ input, all parameters │ +4 │/);
  expect(status).toBe(0);
});

test.each([
  [['lenet', 'ReLU'], 'expected boxes and costs, or one network, got "lenet" with 1 more'],
  [['ReLU', '--input', '3,3,1'], '--input: expected a network with it, got ["ReLU"]'],
  [['--weights', 'w.pth'], '--weights: expected a network with it, got none'],
  [['lenet', '--backend', 'cpu'], '--backend: expected float64 for a network, got "cpu"'],
  [['lenet', '--module', 'm.mjs'], '--module: expected no network with it, got "lenet"'],
  [['no.onnx'], 'no.onnx: cannot be read: ENOENT: no such file or directory'],
  [['no.mjs'], 'no.mjs: no such file'],
])('refuses %j in one line', (args, message) => {
  const { status, stdout, stderr } = boxprop('gradcheck', ...args);
  expect(stderr).toBe(`boxprop: ${message}\n`);
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test('weights beside an ONNX file are refused', () => {
  const file = join(folder, 'net.onnx');
  copyFileSync(join(ROOT, 'spec/fixtures/onnx/images.onnx'), file);
  const { stderr } = boxprop('gradcheck', file, '--weights', 'w.pth');
  expect(stderr).toBe(
    `boxprop: --weights: expected none, because ${file} holds its own, got w.pth\n`,
  );
});
