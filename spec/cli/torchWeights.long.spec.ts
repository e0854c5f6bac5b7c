import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { Rng, useBackend } from '../../index.ts';
import { lenet } from '../../models/lenet.ts';
import { saveWeights } from '../../node.ts';
import { torchLayout } from '../../formats/torch/torchLayout.ts';
import { boxprop } from '../support/runCommand.ts';
import { torchFile, torchTensors } from '../support/torchFile.ts';

/** Every command that takes weights does the same with a file of PyTorch as with boxprop's own. */

let folder: string;
const file = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-torch-weights-'));
  const rng = new Rng(5);
  const network = lenet({ rng });
  await saveWeights(file('w.safetensors'), network.params);
  // PyTorch has other axes, and a flattened image has another order.
  const layout = torchLayout(network, [28, 28, 1]);
  const tensors = torchTensors(network.params, layout, 'module.');
  writeFileSync(file('w.pth'), torchFile(tensors, ['state_dict']));
  for (const part of ['train', 'test']) {
    for (let label = 0; label < 10; label++) {
      mkdirSync(file('photos', part, `${label}`), { recursive: true });
      const data = Uint8Array.from({ length: 28 * 28 }, () => 15 * label + rng.integer(80));
      const png = encode({ height: 28, width: 28, channels: 1, data });
      writeFileSync(file('photos', part, `${label}`, '0.png'), png);
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command with weights of one format: what it prints, and the file that it writes. */
function run(args: (weights: string) => readonly string[], weights: string, output?: string) {
  const { status, stdout, stderr } = boxprop(...args(weights));
  const notes = stderr.split('\n').filter((line) => line.includes(`${weights}: the `));
  const written = output === undefined ? '' : readFileSync(file(output), 'latin1');
  return {
    notes,
    result: { status, stdout, written: written.replaceAll(weights, 'WEIGHTS') },
  };
}

const photos = () => ['--data', file('photos'), '--shape', '28,28,1', '--backend', 'cpu'];
const NAMED = ['--network', 'lenet'];

test.each<[string, (weights: string) => readonly string[], output: string | undefined]>([
  ['evaluate', (weights) => ['evaluate', weights, ...NAMED, ...photos()], undefined],
  [
    'classify',
    (weights) => {
      const photo = file('photos', 'test', '7', '0.png');
      return ['classify', photo, '--weights', weights, ...NAMED, '--backend', 'cpu', '--json'];
    },
    undefined,
  ],
  ['fool', (weights) => ['fool', weights, ...NAMED, ...photos(), '--out', file('f.png')], 'f.png'],
  [
    'units',
    (weights) => ['units', weights, ...NAMED, ...photos(), '--out', file('u.png')],
    'u.png',
  ],
  [
    'export',
    (weights) => ['export', 'lenet', '--weights', weights, '--onnx', file('n.onnx')],
    'n.onnx',
  ],
])('%s', (_, args, output) => {
  const [ours, theirs] = [file('w.safetensors'), file('w.pth')];
  const expected = run(args, ours, output);
  expect(expected).toMatchObject({ notes: [], result: { status: 0 } });
  expect(run(args, theirs, output)).toEqual({
    result: { ...expected.result, stdout: expected.result.stdout.replaceAll(ours, theirs) },
    notes: [
      `boxprop: ${theirs}: the weights are those of "state_dict"`,
      `boxprop: ${theirs}: the names begin with "module.", which is ignored`,
    ],
  });
});
