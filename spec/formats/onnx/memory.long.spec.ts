import { join } from 'node:path';
import { ROOT } from '../../support/runCommand.ts';
import { runProgram } from '../../support/runProgram.ts';

/**
 * A network is loaded with its weights once in memory: besides it, there is room for the values of
 * the largest tensor, in the order of the file and in that of the network, and for what the
 * garbage collector has not freed yet.
 */
test.each(['MatMul', 'Conv'])(
  '288 MiB of weights of %s in eight tensors, in other files',
  (op) => {
    const program = join(ROOT, 'spec/support/onnxMemory.ts');
    const options = ['--conditions=boxprop-source', '--import', 'tsx'];
    const args = [...options, program, 'cpu', op, '3072', '8'];
    const { stdout, stderr, status } = runProgram(process.execPath, args, { timeout: 120_000 });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const measured = JSON.parse(stdout) as Record<string, number>;
    expect(measured).toMatchObject({ file: 288, largest: 36, parameters: 8 });
    expect(measured.megabytes).toBeLessThan(288 + 4 * 36);
    // The network may use memory that the start of the program has freed, so less is measured.
    expect(measured.megabytes).toBeGreaterThan(288 / 2);
  },
  120_000,
);
