import { env } from '@tensorflow/tfjs-core';
import * as boxprop from '../../index.ts';
import { cases, gradcheckAll, type GradcheckAllOptions, type Report } from '../../gradcheck/index.ts';

/** What the parity specs call in the page: every box on a backend of the browser, against float64. */
export async function parity(backend: 'webgl' | 'webgpu', options: GradcheckAllOptions): Promise<Report> {
  await boxprop.useBackend(backend);
  // tfjs sends small tensors to its cpu kernels, which are not what is to be proven.
  env().set(backend === 'webgl' ? 'WEBGL_CPU_FORWARD' : 'WEBGPU_CPU_FORWARD', false);
  return gradcheckAll(boxprop, cases, { ...options, backend, onBox: (name) => console.log(name) });
}
