import { ROOT } from './support/runCommand.ts';
import { runProgram } from './support/runProgram.ts';

/** Runs the examples and checks their output. */

test.each([
  ['examples/ownBox.ts', /^every gradient agrees\n$/],
  ['examples/network.ts', /^test accuracy 9[5-9]\.\d %\n$/],
  [
    'examples/linearAndAdversarial.ts',
    /^test: error [78]\.\d\d %\nfooling: error 9[5-9]\.\d\d %\n$/,
  ],
])('%s runs', (file, output) => {
  const { stdout, stderr } = runProgram(
    process.execPath,
    ['--conditions=boxprop-source', '--import', 'tsx', file],
    {
      cwd: ROOT,
    },
  );
  // If TensorFlow is installed, it writes these lines to stderr when it starts. They cannot be
  // switched off.
  expect(stderr.replace(/^(WARNING: All log messages before absl|I0000 ).*\n/gm, '')).toBe('');
  expect(stdout).toMatch(output);
});
