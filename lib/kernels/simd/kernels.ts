import { wasmSimd as conv2d } from '../conv2d/wasmSimd.ts';
import { wasmSimd as depthwise } from '../depthwise/wasmSimd.ts';
import { wasmSimd as adam } from '../elementwise/adamSimd.ts';
import { wasmSimd as momentumStep } from '../elementwise/momentumSimd.ts';
import { wasmSimd as parts } from '../elementwise/partsSimd.ts';
import { wasmSimd as matMul } from '../matmul/wasmSimd.ts';
import { wasmSimd as features } from '../normalize/featuresSimd.ts';
import { wasmSimd as groups } from '../normalize/groupsSimd.ts';
import { wasmSimd as standardizeGroups } from '../normalize/standardizeGroupsSimd.ts';
import { wasmSimd as avgPool2d } from '../pool/avgPool2dSimd.ts';
import { wasmSimd as maxPool2d } from '../pool/maxPool2dSimd.ts';
import { wasmSimd as surelyFinite } from '../reduce/surelyFiniteSimd.ts';

/**
 * The operations that boxprop's own kernels compute on wasm. Only `startWasm` loads this file, and
 * the operations access it through `simd()`, so a page without wasm does not load it.
 */
export const SIMD_KERNELS = {
  adam,
  conv2d,
  depthwise,
  momentumStep,
  parts,
  matMul,
  features,
  groups,
  standardizeGroups,
  avgPool2d,
  maxPool2d,
  surelyFinite,
};
