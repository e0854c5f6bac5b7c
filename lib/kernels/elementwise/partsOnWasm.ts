import { backend, type Tensor } from '@tensorflow/tfjs-core';
import { computeOnHost } from '../backends/host.ts';

/** `WebAssembly`, which TypeScript's types declare only for browsers. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly validate: (bytes: Uint8Array) => boolean;
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (
      module: object,
      imports: { readonly tfjs: { readonly memory: object } },
    ) => { readonly exports: object };
  };
};

/** Reads 16-byte vectors from address x on, writes from y on, and stops when y reaches end. */
type Loop = (x: number, y: number, end: number) => void;

/** The functions of the module below. */
interface Parts {
  readonly positive: Loop;
  readonly negative: Loop;
}

/**
 * Returns max(0, x) or min(0, x), NaN where x is NaN, by vectors of four values: as fast as tfjs's
 * kernels, which turn some NaNs into 0. Returns undefined where the machine has no vectors, and on
 * several threads, where tfjs's kernels share the work.
 */
export function partOnWasm(part: keyof Parts, x: Tensor): Tensor | undefined {
  const parts = partsInHeap();
  if (parts === undefined) return undefined;
  return computeOnHost(
    [x],
    x.shape,
    (y, values) => {
      const whole = y.length - (y.length % 4);
      if (whole > 0) parts[part](values.byteOffset, y.byteOffset, y.byteOffset + 4 * whole);
      for (let i = whole; i < y.length; i++) {
        y[i] = (part === 'positive' ? values[i] <= 0 : values[i] >= 0) ? 0 : values[i];
      }
    },
    { zeroed: false },
  );
}

const LESS_EQUAL = 0x45;
const GREATER_EQUAL = 0x46;

/**
 * The code of a function (x, y, end) that copies vectors and clears the values for which a
 * comparison with 0 holds; it never holds for NaN. Local 3 is a vector of zeros, local 4 has the
 * values.
 */
function loop(comparison: number): number[] {
  const code = [
    ...[1, 2, 0x7b], // two locals of type v128
    ...[0x03, 0x40], // loop
    ...[0x20, 1, 0x20, 0, 0xfd, 0, 2, 0, 0x22, 4], //   local 4 = v128.load x
    ...[0x20, 4, 0x20, 3, 0xfd, comparison, 0xfd, 0x4f], //   v128.andnot (comparison with 0)
    ...[0xfd, 0x0b, 2, 0], //   v128.store y
    ...[0x20, 0, 0x41, 16, 0x6a, 0x21, 0], //   x += 16
    ...[0x20, 1, 0x41, 16, 0x6a, 0x22, 1], //   y += 16
    ...[0x20, 2, 0x49, 0x0d, 0], //   repeat while y < end
    ...[0x0b, 0x0b],
  ];
  return [code.length, ...code];
}

/** A WebAssembly module of two functions that work in tfjs's memory. */
const BYTES = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, [1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0]), // a type of three integers
  ...section(2, [1, ...text('tfjs'), ...text('memory'), 2, 0, 0]), // the import
  ...section(3, [2, 0, 0]), // two functions of that type
  ...section(7, [2, ...text('positive'), 0, 0, ...text('negative'), 0, 1]), // the exports
  ...section(10, [2, ...loop(LESS_EQUAL), ...loop(GREATER_EQUAL)]), // their code
]);

function section(id: number, content: readonly number[]): number[] {
  return [id, ...size(content.length), ...content];
}

/** Encodes a size below 2^14 with seven bits per byte. */
function size(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7];
}

function text(word: string): number[] {
  return [word.length, ...Array.from(word, (letter) => letter.charCodeAt(0))];
}

/** tfjs's build for one thread exports its memory here; the one with threads does not. */
interface WasmBackend {
  readonly wasm: { readonly asm?: { readonly memory?: object } };
}

const instances = new WeakMap<object, Parts>();

function partsInHeap(): Parts | undefined {
  const memory = (backend() as unknown as WasmBackend).wasm.asm?.memory;
  if (memory === undefined) return undefined;
  const known = instances.get(memory);
  if (known !== undefined || !WebAssembly.validate(BYTES)) return known;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(BYTES), { tfjs: { memory } });
  const parts = exports as Parts;
  instances.set(memory, parts);
  return parts;
}
