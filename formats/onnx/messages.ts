import type * as Pbf from 'pbf';
import { messageOf, type InputError } from '../../lib/errors.ts';
import type { ReadAt } from '../tensorFile.ts';

/** A field of a protobuf message. */
export interface Field {
  readonly number: number;
  readonly wire: 'varint' | 'fixed64' | 'bytes' | 'fixed32';
  /** The value of a varint, as a signed integer. */
  readonly value: number;
  /** The positions of the first byte of the field's value, and of the byte after the last one. */
  readonly start: number;
  readonly end: number;
}

/** The number of bytes that are read at a time. */
const WINDOW = 2 ** 16;
/** The largest number of bytes of the tag and the length of a field: two varints. */
const HEAD = 20;
/** The longest name or text that is read, in bytes. */
const LONGEST_TEXT = 2 ** 16;
/** The largest number of fields that are read: more than any network has by far. */
const MOST_FIELDS = 4e6;
const WIRES = { 0: 'varint', 1: 'fixed64', 2: 'bytes', 5: 'fixed32' } as const;

/**
 * Reads protobuf messages by ranges of a file. `pbf` decodes the numbers. It reads messages that
 * are in memory as a whole, and the messages of an ONNX file contain weights of gigabytes. So a
 * message is read field by field, and a field with bytes is a range until they are needed.
 *
 * Errors: a field that extends beyond its message; a varint of more than ten bytes; a wire type
 *         that protobuf no longer uses.
 */
export class Messages {
  readonly #pbf: typeof Pbf;
  readonly #size: number;
  readonly #readAt: ReadAt;
  readonly #fail: (problem: string) => InputError;
  #window = new Uint8Array();
  #start = 0;
  #count = 0;

  /** @param fail makes an error, with the name of the file. */
  constructor(
    pbf: typeof Pbf,
    size: number,
    readAt: ReadAt,
    fail: (problem: string) => InputError,
  ) {
    this.#pbf = pbf;
    this.#size = size;
    this.#readAt = readAt;
    this.#fail = fail;
  }

  /** Returns the fields of the message in a range. */
  async fields({ start, end }: Pick<Field, 'start' | 'end'>): Promise<Field[]> {
    const found: Field[] = [];
    for (let at = start; at < end;) {
      if (++this.#count > MOST_FIELDS)
        throw this.#fail(`expected at most ${MOST_FIELDS} fields of protobuf, got more`);
      const head = await this.#bytesAt(at, Math.min(HEAD, end - at));
      const field = this.#field(head, at, end);
      found.push(field);
      at = field.end;
    }
    return found;
  }

  /** Returns the text of a field. */
  async text(field: Field): Promise<string> {
    const { start, end } = field;
    if (field.wire !== 'bytes' || end - start > LONGEST_TEXT)
      throw this.#fail(
        `expected a text of at most ${LONGEST_TEXT} bytes at ${start}, got ${end - start}`,
      );
    return new TextDecoder().decode(await this.#bytesAt(start, end - start));
  }

  /** Returns the last value of the field with a number, as protobuf prescribes, or undefined. */
  last(fields: readonly Field[], number: number, wire: Field['wire']): Field | undefined {
    const found = fields.filter((field) => field.number === number);
    const last = found.at(-1);
    if (last !== undefined && last.wire !== wire)
      throw this.#fail(`expected field ${number} at ${last.start} to be ${wire}, got ${last.wire}`);
    return last;
  }

  /** Returns all messages that are in the fields with a number. */
  all(fields: readonly Field[], number: number): Field[] {
    return fields.filter((field) => field.number === number && field.wire === 'bytes');
  }

  /**
   * Returns the numbers of a repeated field. They may be packed into one field or stand in several.
   */
  async numbers(
    fields: readonly Field[],
    number: number,
    kind: 'varint' | 'float' | 'double',
  ): Promise<number[]> {
    const found: number[] = [];
    for (const field of fields) {
      if (field.number !== number) continue;
      if (field.wire === 'varint' && kind === 'varint') found.push(field.value);
      else if (field.wire !== 'varint') await this.#unpack(field, kind, found);
    }
    return found;
  }

  /**
   * Reads bytes.
   *
   * @param memory an array of this length, which may be used for the bytes.
   */
  async bytes(
    { start, end }: Pick<Field, 'start' | 'end'>,
    memory?: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#readAt(start, end - start, memory);
    if (bytes.length === end - start) return bytes;
    throw this.#fail(`expected ${this.#size} bytes, the file was cut while it was read`);
  }

  async #unpack(field: Field, kind: 'varint' | 'float' | 'double', into: number[]) {
    const reader = new this.#pbf.PbfReader(await this.bytes(field));
    const read = {
      varint: () => reader.readVarint(true),
      float: () => reader.readFloat(),
      double: () => reader.readDouble(),
    }[kind];
    while (reader.pos < reader.length) {
      const value = this.#decoded(field.start, read);
      if (reader.pos > reader.length)
        throw this.#fail(`expected whole numbers at ${field.start}, the last one is cut off`);
      into.push(value);
    }
  }

  #field(head: Uint8Array, at: number, end: number): Field {
    const reader = new this.#pbf.PbfReader(head);
    const varint = (isSigned: boolean) => {
      const value = this.#decoded(at, () => reader.readVarint(isSigned));
      if (reader.pos <= head.length) return value;
      throw this.#fail(`expected a field of protobuf at ${at}, its message ends there`);
    };
    const tag = varint(false);
    const number = Math.floor(tag / 8);
    const code = tag % 8;
    if (number < 1 || !(code === 0 || code === 1 || code === 2 || code === 5))
      throw this.#fail(`expected a field of protobuf at ${at}, got the tag ${tag}`);
    const wire = WIRES[code];
    const value = wire === 'varint' ? varint(true) : 0;
    const length = { varint: () => 0, fixed64: () => 8, fixed32: () => 4, bytes: () => varint(false) }[wire](); // prettier-ignore
    const start = at + reader.pos;
    if (!(start + length <= end)) {
      throw this.#fail(
        `expected a field within the ${end - at} bytes that are left of its message at ${at}, got ${length} bytes`,
      );
    }
    return { number, wire, value, start, end: start + length };
  }

  /** `pbf` throws errors of its own for a varint that is too long, and past the end. */
  #decoded(at: number, read: () => number): number {
    try {
      return read();
    } catch (error) {
      throw this.#fail(`expected a number of protobuf at ${at}: ${messageOf(error)}`);
    }
  }

  /** Returns bytes of the file, which the caller must not keep. */
  async #bytesAt(position: number, length: number): Promise<Uint8Array> {
    if (position < this.#start || position + length > this.#start + this.#window.length) {
      const most = Math.min(Math.max(WINDOW, length), this.#size - position);
      this.#window = await this.bytes({ start: position, end: position + most });
      this.#start = position;
    }
    return this.#window.subarray(position - this.#start, position - this.#start + length);
  }
}
