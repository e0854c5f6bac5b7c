/**
 * `npm run test:tensorflow`: repeats on TensorFlow's own kernels the checks that `npm test` runs on
 * cpu and wasm. `npm run -s boxprop -- setup tensorflow` installs TensorFlow. The last line is
 * `N passed, N failed`, and the exit status is 1 if anything failed. If TensorFlow is not
 * installed, the run fails.
 */
import { tensor1d, tensor4d } from '@tensorflow/tfjs-core';
import { cases, gradcheckAll, boxNames } from '../../gradcheck/index.ts';
import { Rng, SoftmaxCrossEntropy, useBackend } from '../../index.ts';
import { trainStep } from '../../train/index.ts';
import { lenet } from '../../models/index.ts';
import * as losses from '../../losses/index.ts';
import * as modules from '../../modules/index.ts';
import { runJest } from '../support/jest.ts';

const CASES = 50;
const count = { passed: 0, failed: 0 };

function check(ok, what, problems = []) {
  count[ok ? 'passed' : 'failed']++;
  if (!ok) console.log([`FAIL ${what}`, ...problems].join('\n  '));
}

/** The loss of one training step of LeNet, and the gradients by parameter name. */
async function lenetStep(backend) {
  await useBackend(backend);
  const rng = new Rng(0);
  const network = lenet({ rng });
  const input = tensor4d(Float32Array.from(rng.normals(8 * 28 * 28)), [8, 28, 28, 1]);
  const target = tensor1d([3, 1, 4, 1, 5, 9, 2, 6], 'int32');
  const values = {};
  const keep = {
    learningRate: 0,
    step(grads) {
      for (const [name, grad] of Object.entries(grads)) values[name] = [...grad.dataSync()];
    },
  };
  const cost = new SoftmaxCrossEntropy();
  const loss = await trainStep({ network, cost, optimizer: keep, input, target });
  return { loss: [loss], ...values };
}

/** The largest difference, divided by the largest expected value. */
function relativeError(actual, expected) {
  if (actual?.length !== expected.length) return Infinity;
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((most, value, i) => {
    const error = Math.abs(actual[i] - value) / scale;
    return error > most || Number.isNaN(error) ? error : most;
  }, 0);
}

const problem = await useBackend('tensorflow').then(
  () => undefined,
  (error) => error.message,
);
check(problem === undefined, `tensorflow: ${problem}`);

if (problem === undefined) {
  const exported = { ...modules, ...losses };
  for (const name of boxNames(exported)) {
    const { pass, results } = await gradcheckAll(exported, cases, {
      names: [name],
      backend: 'tensorflow',
      cases: CASES,
    });
    const failures = results.filter((result) => !result.pass);
    check(
      pass,
      `${name}: ${failures.length} of ${results.length} outputs and gradients`,
      failures.slice(0, 3).map(({ config, tensor, message }) => `${config}: ${tensor}: ${message}`),
    );
  }
  console.log(`parity of every box and cost with float64, ${CASES} cases each: done`);

  const actual = await lenetStep('tensorflow');
  for (const backend of ['float64', 'wasm']) {
    const expected = await lenetStep(backend);
    for (const [name, values] of Object.entries(expected)) {
      const error = relativeError(actual[name], values);
      check(
        error <= 1e-5,
        `LeNet's ${name} differs from that on ${backend} by ${error} of its largest value`,
      );
    }
  }
  console.log('a step of LeNet against float64 and wasm: done');

  const specs = await runJest(
    [
      'spec/modules',
      'spec/gradcheck/leaks',
      'spec/losses',
      'spec/optim',
      'spec/lib/kernels',
      'spec/train/',
      '-t',
      ': tensorflow ',
    ],
    { env: { BOXPROP_BACKENDS: 'tensorflow', TF_CPP_MIN_LOG_LEVEL: '2' } },
  );
  count.passed += specs.passed;
  count.failed += specs.failed;
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed > 0 ? 1 : 0;
