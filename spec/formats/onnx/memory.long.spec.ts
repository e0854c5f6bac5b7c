import { join } from 'node:path';
import { ROOT } from '../../support/runCommand.ts';
import { runProgram } from '../../support/runProgram.ts';

/**
 * A network is loaded with its weights once in memory: besides it, there is room for a part of
 * 16 MiB of a tensor, and for what the garbage collector has not freed yet.
 */
test.each(['MatMul', 'Conv'])(
  '288 MiB of weights of %s in two tensors, in another file',
  (op) => {
    const program = join(ROOT, 'spec/support/onnxMemory.ts');
    const options = ['--conditions=boxprop-source', '--import', 'tsx'];
    const args = [...options, program, 'cpu', op, '6144', '2'];
    const { stdout, stderr, status } = runProgram(process.execPath, args, { timeout: 120_000 });
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const measured = JSON.parse(stdout) as Record<string, number>;
    expect(measured).toMatchObject({ file: 288, largest: 144, parameters: 2 });
    expect(measured.megabytes).toBeLessThan(288 + 64);
    // The network may use memory that the start of the program has freed, so less is measured.
    expect(measured.megabytes).toBeGreaterThan(288 / 2);
  },
  120_000,
);
