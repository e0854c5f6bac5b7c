import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PbfWriter } from 'pbf';
import { useBackend, type BackendName } from '../../index.ts';
import { loadOnnx } from '../../formats/onnx/onnxFile.ts';
import { peakMemory } from './peakMemory.ts';

/**
 * A program that loads an ONNX file with a chain of layers, whose weights are external data, and
 * prints its peak memory. The data file is sparse, so it takes no space on the disk.
 *
 * Arguments: the backend, MatMul or Conv, the features of each layer, the number of layers. A file
 * of 2.5 GiB: `node --conditions=boxprop-source --import tsx spec/support/onnxMemory.ts cpu MatMul 8192 10`
 */

const [backend, op, size, count] = process.argv.slice(2);
const [features, layers] = [Number(size), Number(count)];
const bytes = 4 * features ** 2;
const names = Array.from({ length: layers }, (_, i) => `w${i}`);

type Write = (to: PbfWriter) => void;

/** Writes a message as a field of another one. */
const field = (to: PbfWriter, number: number, write: Write) => {
  const part = new PbfWriter();
  write(part);
  to.writeBytesField(number, part.finish());
};

function writeTensor(to: PbfWriter, name: string, index: number): void {
  const kernel = op === 'Conv' ? [1, 1] : [];
  for (const dim of [features, features, ...kernel]) to.writeVarintField(1, dim);
  to.writeVarintField(2, 1);
  to.writeStringField(8, name);
  const place = { location: 'data', offset: String(index * bytes), length: String(bytes) };
  for (const [key, value] of Object.entries(place)) {
    field(to, 13, (entry) => {
      entry.writeStringField(1, key);
      entry.writeStringField(2, value);
    });
  }
  to.writeVarintField(14, 1);
}

/** Writes an input or output of floats, [N, features], or an image of one pixel. */
function writeValue(to: PbfWriter, name: string): void {
  to.writeStringField(1, name);
  field(to, 2, (type) =>
    field(type, 1, (tensor) => {
      tensor.writeVarintField(1, 1);
      field(tensor, 2, (shape) => {
        field(shape, 1, (dim) => dim.writeStringField(2, 'N'));
        for (const one of [features, ...(op === 'Conv' ? [1, 1] : [])])
          field(shape, 1, (dim) => dim.writeVarintField(1, one));
      });
    }),
  );
}

function writeModel(to: PbfWriter): void {
  to.writeVarintField(1, 8);
  field(to, 7, (graph) => {
    names.forEach((name, i) =>
      field(graph, 1, (node) => {
        node.writeStringField(1, `x${i}`);
        node.writeStringField(1, name);
        node.writeStringField(2, `x${i + 1}`);
        node.writeStringField(4, op);
      }),
    );
    names.forEach((name, i) => field(graph, 5, (tensor) => writeTensor(tensor, name, i)));
    field(graph, 11, (value) => writeValue(value, 'x0'));
    field(graph, 12, (value) => writeValue(value, `x${layers}`));
  });
  field(to, 8, (opset) => opset.writeVarintField(2, 17));
}

const folder = mkdtempSync(join(tmpdir(), 'boxprop-memory-'));
try {
  const model = new PbfWriter();
  writeModel(model);
  writeFileSync(join(folder, 'model.onnx'), model.finish());
  writeFileSync(join(folder, 'data'), '');
  truncateSync(join(folder, 'data'), layers * bytes);
  await useBackend(backend as BackendName);
  const before = peakMemory();
  const network = await loadOnnx(join(folder, 'model.onnx'));
  const megabytes = peakMemory() - before;
  process.stdout.write(
    JSON.stringify({
      file: (layers * bytes) / 2 ** 20,
      largest: bytes / 2 ** 20,
      parameters: Object.keys(network.params).length,
      megabytes,
    }),
  );
} finally {
  rmSync(folder, { recursive: true });
}
