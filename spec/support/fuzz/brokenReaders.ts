/** Readers that each break one promise, to show that `npm run fuzz` finds it. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../../lib/errors.ts';
import { Opaque, type PickleValue } from '../../../formats/torch/pickleValues.ts';
import { unpickle } from '../../../formats/torch/unpickle.ts';
import type { FuzzReader } from './reader.ts';
import { readers as own } from './readers.ts';

const { torch } = own;

const sample = new TextEncoder().encode('{"rate":1,"names":["a"],"inner":{"list":[[1]]}}');

interface Parsed {
  readonly rate: unknown;
  readonly names: readonly unknown[];
  readonly inner: unknown;
}

/** Makes a reader that refuses invalid JSON, and passes the parsed value and the text to `use`. */
function broken(use: (parsed: Parsed, text: string) => unknown): FuzzReader {
  return {
    ending: '.json',
    samples: () => [sample],
    documents: (bytes) => [
      {
        text: new TextDecoder().decode(bytes),
        embed: (text) => new TextEncoder().encode(text),
      },
    ],
    untyped: /^/,
    async read(file) {
      const text = readFileSync(file, 'utf8');
      let parsed: Parsed;
      try {
        parsed = JSON.parse(text) as Parsed;
      } catch {
        throw new InputError('expected JSON');
      }
      await Promise.resolve();
      return use(parsed, text);
    },
  };
}

/** Returns whether a mutant differs from the sample, which a broken reader still reads. */
const isOther = (text: string) => text !== new TextDecoder().decode(sample);

const blocks: Uint8Array[] = [];

/** Returns the pickle of a zip file of PyTorch whose directory is intact. */
function pickleIn(zip: Uint8Array): Uint8Array {
  try {
    return torch.parts?.(zip)[0].bytes ?? zip;
  } catch {
    throw new InputError('expected a zip file');
  }
}

/** Reads the pickle of a zip file of PyTorch, and allocates as many bytes as it says. */
const trusting: FuzzReader = {
  ...torch,
  samples: (folder) => Promise.resolve(torch.samples(folder)).then((all) => all.slice(0, 1)),
  problem: () => undefined,
  async read(file) {
    const fail = (problem: string) => new InputError(problem);
    const pickle = pickleIn(new Uint8Array(readFileSync(file)));
    const persistent = (id: PickleValue) => {
      const [length] = Array.isArray(id) ? id.slice(-1) : [];
      blocks.push(new Uint8Array(Number(length)).fill(1));
      return null;
    };
    await Promise.resolve();
    return unpickle(pickle, 0, { persistent, call: (name) => new Opaque(name) }, fail);
  },
};

export const readers: Readonly<Record<string, FuzzReader>> = {
  good: broken((parsed) => parsed),
  typeError: broken(({ names }) => names.map((name) => String(name))),
  recursion: broken((parsed: Partial<Parsed> | null) => {
    const depth = (value: unknown): number =>
      Array.isArray(value) ? 1 + Math.max(0, ...value.map(depth)) : 0;
    return depth((parsed?.inner as { list?: unknown } | null | undefined)?.list);
  }),
  anyType: { ...broken((parsed) => parsed), untyped: /^names|^inner|^$/ },
  wrongValue: {
    ...broken((parsed) => parsed),
    problem: (value) =>
      typeof (value as Parsed | null)?.rate === 'number' ? undefined : 'rate is no number',
  },
  slow: broken((_, text) => {
    const end = process.cpuUsage().user + 2.2e6;
    while (isOther(text) && process.cpuUsage().user < end) /* works */ ;
  }),
  memory: broken((_, text) => {
    if (isOther(text)) blocks.push(new Uint8Array(64 * 2 ** 20).fill(1));
  }),
  exits: broken((_, text) => {
    if (isOther(text)) process.exit(3);
  }),
  trusting,
  endless: broken((_, text) => {
    while (isOther(text)) /* never ends */ ;
  }),
};
