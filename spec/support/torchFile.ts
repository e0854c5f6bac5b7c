import type { Tensor } from '@tensorflow/tfjs-core';
import { storedAs, type FileLayout } from '../../formats/safetensors/fileLayout.ts';
import { toStored } from '../../formats/safetensors/layout.ts';
import { storedZip } from './storedZip.ts';

/** A tensor of PyTorch. */
export interface SavedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Writes float32 tensors as torch.save does, for specs of what happens after a file has been read.
 * The reader itself is tested with files that PyTorch has written.
 *
 * @param wrappers the keys of the dicts around the tensors, such as `state_dict`.
 */
export function torchFile(
  tensors: Readonly<Record<string, SavedTensor>>,
  wrappers: readonly string[] = [],
): Uint8Array {
  const pickle: number[] = [0x80, 2];
  const code = (text: string) => pickle.push(...Buffer.from(text, 'latin1'));
  const integer = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    pickle.push('J'.charCodeAt(0), ...bytes);
  };
  const text = (value: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(value));
    pickle.push('X'.charCodeAt(0), ...length, ...Buffer.from(value));
  };
  const tuple = (values: readonly number[]) => {
    code('(');
    values.forEach(integer);
    code('t');
  };
  for (const wrapper of wrappers) {
    code('}');
    text(wrapper);
  }
  code('}(');
  Object.entries(tensors).forEach(([name, { shape, data }], key) => {
    text(name);
    code('ctorch._utils\n_rebuild_tensor_v2\n((');
    text('storage');
    code('ctorch\nFloatStorage\n');
    text(String(key));
    text('cpu');
    integer(data.length);
    code('tQ');
    integer(0);
    tuple(shape);
    tuple(shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)));
    code('\x89}tR');
  });
  code(`u${'s'.repeat(wrappers.length)}.`);
  return storedZip([
    { name: 'w/data.pkl', bytes: Uint8Array.from(pickle) },
    ...Object.values(tensors).map(({ data }, key) => ({
      name: `w/data/${key}`,
      bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
  ]);
}

/**
 * Returns a network's tensors under the names and with the axes of a layout, for `torchFile`.
 *
 * @param prefix a prefix of all names, such as `module.`.
 */
export function torchTensors(
  tensors: Readonly<Record<string, Tensor>>,
  layout: FileLayout,
  prefix = '',
): Record<string, SavedTensor> {
  const entries = Object.entries(tensors).map(([key, tensor]) => {
    const stored = storedAs(key, tensor, layout);
    const values = Float32Array.from(tensor.dataSync<'float32'>());
    const saved: SavedTensor = { shape: stored.shape, data: toStored(values, stored) };
    return [prefix + stored.name, saved] as const;
  });
  return Object.fromEntries(entries);
}
