import { join } from 'node:path';
import { ROOT } from '../../support/runCommand.ts';
import { runProgram } from '../../support/runProgram.ts';

test('besides the weights, a part of 16 MiB of a tensor is in memory', () => {
  const program = join(ROOT, 'spec/support/weightsMemory.ts');
  const args = ['--conditions=boxprop-source', '--import', 'tsx', program, '6144'];
  const { stdout, stderr, status } = runProgram(process.execPath, args, { timeout: 120_000 });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  // The two matrices take 144 MiB each.
  expect(Number(stdout)).toBeLessThan(2 * 144 + 64);
  expect(Number(stdout)).toBeGreaterThan(144);
}, 120_000);
