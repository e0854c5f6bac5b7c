import type * as fs from 'node:fs';
import { env } from '@tensorflow/tfjs-core';
import { InputError } from '../errors.ts';
import { importFailure, INSTALL, reason } from './failure.ts';
import type { BackendOptions } from './options.ts';
import { start } from './start.ts';

/**
 * This name has the type `string`, because a bundler for the browser would try to resolve the
 * import of a literal.
 */
const FS: string = 'node:fs';
/** Dawn, which is Chromium's WebGPU, as a package for Node. */
const DAWN: string = 'webgpu';

/** The limits for which tfjs's kernels may need higher values than WebGPU's defaults. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

/**
 * Starts webgpu: in a browser the browser's own, in Node that of the package `webgpu`. Resolves to
 * a note if the GPU is a software GPU such as SwiftShader, which is correct but slower than wasm.
 * With `hardwareOnly`, it throws in this case.
 */
export async function startWebgpu(
  { dawn = [] }: BackendOptions,
  hardwareOnly = false,
): Promise<string | undefined> {
  const inNode = !env().getBool('IS_BROWSER');
  const gpu = inNode ? await dawnGpu(dawn, hardwareOnly) : (globalThis as WithGpu).navigator?.gpu;
  const found = await gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(refused);
  if (!gpu || !found) throw new InputError('the backend webgpu finds no GPU here');
  const adapter = found as Adapter;
  const software = isSoftware(adapter.info);
  if (software && hardwareOnly) {
    throw new InputError(
      `the backend webgpu finds only ${nameOf(adapter.info)} here, a GPU in software`,
    );
  }
  await whileNavigatorHas(gpu, async () => {
    const { WebGPUBackend } = await importWebgpu();
    await start('webgpu', async () => {
      const device = await adapter.requestDevice({
        requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
        requiredLimits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
      });
      return new WebGPUBackend(device, adapter.info);
    });
  });
  return software ? `computes on ${nameOf(adapter.info)}, a GPU in software` : undefined;
}

async function importWebgpu() {
  try {
    return await import('@tensorflow/tfjs-backend-webgpu');
  } catch (error) {
    throw importFailure(error, 'webgpu', '@tensorflow/tfjs-backend-webgpu');
  }
}

interface Dawn {
  readonly create: (options: string[]) => GPU;
  readonly globals: object;
}

/** tfjs's types for WebGPU lack this property, which all browsers have. */
type Adapter = GPUAdapter & { readonly info: GPUAdapterInfo };

type WithGpu = { readonly navigator?: { readonly gpu?: GPU } };

function refused(error: unknown): never {
  throw new InputError(`the backend webgpu finds no GPU here: ${reason(error)}`);
}

/** Returns whether an adapter computes on the CPU. */
function isSoftware(
  info: Pick<GPUAdapterInfo, 'architecture' | 'device' | 'description'>,
): boolean {
  const { architecture, device, description } = info;
  const fallback = 'isFallbackAdapter' in info && info.isFallbackAdapter === true;
  return (
    fallback ||
    /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${device} ${description}`)
  );
}

function nameOf({ description, device, architecture }: GPUAdapterInfo): string {
  return description || device || architecture || 'an unnamed adapter';
}

/**
 * References to Dawn, which must exist as long as the devices that Dawn creates. Without them, the
 * next garbage collection would end both.
 */
const kept: GPU[] = [];

async function dawnGpu(options: readonly string[], hardwareOnly: boolean): Promise<GPU> {
  const { create, globals } = await importDawn();
  if (hardwareOnly && !(await mayHaveGpu())) {
    throw new InputError('the backend webgpu finds no GPU here');
  }
  // tfjs's kernels read WebGPU's constants from the global scope.
  Object.assign(globalThis, globals);
  const gpu = create([...options]);
  kept.push(gpu);
  return gpu;
}

async function importDawn(): Promise<Dawn> {
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ DAWN)) as Dawn;
  } catch (error) {
    throw importFailure(error, 'webgpu', DAWN, `${INSTALL.webgpu} ${DAWN}`);
  }
}

/**
 * Returns whether there may be a GPU. If there is none, Dawn is not started, because it prints a
 * warning to stderr. On Linux, a GPU is visible as a file, or the environment names a driver.
 */
async function mayHaveGpu(): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  const { existsSync } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ FS
  )) as typeof fs;
  return ['/dev/dri', '/dev/nvidia0', '/dev/dxg'].some((path) => existsSync(path));
}

/**
 * Runs `body` with `navigator.gpu` defined, because tfjs's webgpu reads it when it starts, in Node
 * too.
 */
async function whileNavigatorHas(gpu: GPU, body: () => Promise<void>): Promise<void> {
  if ((globalThis as WithGpu).navigator?.gpu) return body();
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const value = { ...(globalThis as WithGpu).navigator, gpu };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true, writable: true });
  try {
    await body();
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', before);
  }
}
