import { eachBackend } from '../support/fixtures.ts';
import { ROOT } from '../support/runCommand.ts';
import { runProgram } from '../support/runProgram.ts';

const PROGRAM = `
import { tensor1d } from '@tensorflow/tfjs-core';
import { ReLU, useBackend } from 'boxprop';
await useBackend(process.argv[1]);
console.log([...new ReLU().infer(tensor1d([-1, 2])).dataSync()].join());
console.error('the last line');
`;

/** Runs a small program in its own process. */
function run(backend: string, level?: string) {
  const { stdout, stderr } = runProgram(
    process.execPath,
    [
      '--conditions=boxprop-source',
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      PROGRAM,
      backend,
    ],
    {
      cwd: ROOT,
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: level },
    },
  );
  return { stdout, stderr };
}

eachBackend('a program', (backend) => {
  test('writes nothing of its backend to standard error', () => {
    expect(run(backend)).toEqual({ stdout: '0,2\n', stderr: 'the last line\n' });
  });

  if (backend !== 'tensorflow') return;
  test('shows the lines of TensorFlow if they are wanted', () => {
    expect(run(backend, '0').stderr).toMatch(/.\nthe last line\n$/s);
  });
});
