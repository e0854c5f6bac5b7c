import { useBackend } from 'boxprop';
import { exportOnnx } from 'boxprop/node';
import { messageOf } from '../lib/errors.ts';
import { buildNetwork } from './boxpropNetwork.ts';
import * as networks from './networks.ts';
import type { Setup } from './system.ts';

/**
 * Writes the network of a setup, with its initial weights, as an ONNX file:
 *
 *     node bench/exportOnnx.ts SETUP FILE
 *
 * `bench/onnxruntime.ts` runs it in a process of its own, so that boxprop's memory is not counted
 * as onnxruntime's.
 */
try {
  const [, , text, file] = process.argv;
  const { network, side } = JSON.parse(text) as Setup;
  const table = networks.describe(network, side);
  await useBackend('cpu');
  await exportOnnx(file, buildNetwork(table), { inputShape: table.input });
} catch (error) {
  // bench/onnxruntime.ts reports the last line of standard error.
  console.error(messageOf(error));
  process.exitCode = 1;
}
