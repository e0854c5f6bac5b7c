import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Linear, Rng, useBackend } from '../../index.ts';
import { saveWeights } from '../../node.ts';
import { boxprop, BUILT, MAIN, ROOT } from '../support/runCommand.ts';
import { torchFile } from '../support/torchFile.ts';

/** The command `boxprop explore`. The page itself is tested by spec/explore. */

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-explore-'));
  const page = join(BUILT, 'dist', 'explore', 'index.html');
  mkdirSync(join(BUILT, 'dist', 'explore'), { recursive: true });
  if (!existsSync(page)) writeFileSync(page, '<!doctype html>');
  await useBackend('float64');
  const { params } = new Linear(2, 3, { rng: new Rng(0) });
  const save = (file: string, metadata: Record<string, string>) =>
    saveWeights(join(folder, file), params, metadata);
  await save('weights.safetensors', { network: 'lenet' });
  await save('module.safetensors', { network: 'net.ts' });
  await save('unnamed.safetensors', {});
  // A file of PyTorch names no network; the page runs LeNet.
  const torch = torchFile({ '0.weight': { shape: [2], data: Float32Array.of(1, 2) } });
  writeFileSync(join(folder, 'w.pth'), torch);
  copyFileSync(join(ROOT, 'spec/fixtures/onnx/images.onnx'), join(folder, 'my net.onnx'));
  writeFileSync(join(folder, 'damaged.onnx'), 'no ONNX');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command until it has printed an address, asks for `path`, and presses Ctrl-C. */
async function explore(args: readonly string[], path: string) {
  const child = spawn(process.execPath, [MAIN, 'explore', '--no-open', ...args]);
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length > 1) break;
    const response = await fetch(new URL(path, line));
    lines.push(`${response.status} ${(await response.arrayBuffer()).byteLength > 0}`);
    child.kill('SIGINT');
  }
  return { lines, status: await ended };
}

test.each([
  [[], './', ''],
  [['alexnet'], './', '#/architectures?name=alexnet'],
  [['.'], 'run/weights.safetensors', '#/live?weights=run/weights.safetensors'],
  [['weights.safetensors'], 'run/weights.safetensors', '#/live?weights=run/weights.safetensors'],
  [['my net.onnx'], 'run/my%20net.onnx', '#/architectures?name=run%2Fmy%2520net.onnx'],
  [['w.pth'], 'run/weights.safetensors', '#/live?weights=run/weights.safetensors'],
])('explore %s serves %s until Ctrl-C', async (what, path, route) => {
  const args = what.map((word) => (word === 'alexnet' ? word : join(folder, word)));
  const { lines, status } = await explore(args, path);
  expect(lines[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
  expect(lines[0].replace(/^http:\/\/127\.0\.0\.1:\d+\//, '')).toBe(route);
  expect(lines.slice(1)).toEqual(['200 true']);
  expect(status).toBe(0);
});

test.each([
  [
    'lenett',
    'explore: expected the folder of a run, a file of weights (.safetensors, .pth, .pt), an ONNX file or the name of a network, got "lenett"; did you mean lenet?',
  ],
  ['none.safetensors', 'none.safetensors: cannot be read: ENOENT: no such file or directory'],
  [
    'unnamed.safetensors',
    'unnamed.safetensors: expected weights of a network of boxprop, such as lenet, got undefined: the page cannot run the module of a network',
  ],
  ['none.onnx', 'none.onnx: cannot be read: ENOENT: no such file or directory'],
  ['damaged.onnx', 'damaged.onnx: expected a field of protobuf at 0, got the tag 110'],
  [
    'module.safetensors',
    'module.safetensors: expected weights of a network of boxprop, such as lenet, got "net.ts": the page cannot run the module of a network',
  ],
])('explore %s is one line', (what, message) => {
  const named = what.includes('.');
  const { status, stdout, stderr } = boxprop('explore', named ? join(folder, what) : what);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr.replace(`${folder}/`, '')).toBe(`boxprop: ${message}\n`);
});

test('a port that does not exist is one line', () => {
  expect(boxprop('explore', '--port', '70000').stderr).toBe(
    'boxprop: --port: expected an integer of at most 65535, got "70000"\n',
  );
});
