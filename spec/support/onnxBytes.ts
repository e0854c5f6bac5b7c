import { encodeModel, type OnnxModel } from '../../formats/onnx/proto.ts';

/** Returns the bytes of an ONNX file. */
export async function bytesOf(model: OnnxModel): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of encodeModel(model)) parts.push(part.slice());
  return Uint8Array.from(Buffer.concat(parts));
}
