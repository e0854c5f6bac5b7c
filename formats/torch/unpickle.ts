import { Global, Opaque, PickleDict, TorchView, kindOf, type PickleValue } from './pickleValues.ts';
import { opcodeName } from './opcodeNames.ts';

/** Functions that give the names in a pickle their meaning. */
export interface PickleNames {
  /** Returns the value that results from calling a class or function with these arguments. */
  readonly call: (name: string, args: PickleValue) => PickleValue;
  /** Returns the value for which an id stands, such as a storage. */
  readonly persistent: (id: PickleValue) => PickleValue;
}

/**
 * The largest cost of all instructions, which limits the memory that a small file can take. An
 * instruction costs 1, and one that makes a list, dict, or object, of about 200 bytes, costs 10. A
 * tensor costs about 130.
 */
const MAX_COST = 1e7;
const CONTAINER_COST = 10;

/** Is thrown if the bytes end before the pickle does. */
class Cut extends Error {}

/**
 * Reads a pickle of protocol 2 with the instructions that PyTorch's own reader accepts for
 * `weights_only`. A pickle is a program for a stack machine. In Python, its instructions GLOBAL,
 * REDUCE, NEWOBJ, and BUILD can name and call anything. This reader calls nothing: `names` maps the
 * few supported names to values, and any other object becomes an `Opaque`, which has only a name.
 *
 * Errors: an instruction that is not supported (the message names it); a value of the wrong kind
 *          for an instruction.
 * @param fail makes an error that names the file.
 * @returns the value, and the index of the first byte after the pickle; undefined if the bytes end
 *          before the pickle does.
 *
 * Source: Lib/pickletools.py of Python, which describes every instruction.
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  names: PickleNames,
  fail: (problem: string) => Error,
): { readonly value: PickleValue; readonly end: number } | undefined {
  const machine = new Machine(bytes, start, names, fail);
  try {
    return { value: machine.run(), end: machine.at };
  } catch (error) {
    if (error instanceof Cut) return undefined;
    throw error;
  }
}

class Machine {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #names: PickleNames;
  readonly #fail: (problem: string) => Error;
  readonly #memo = new Map<number, PickleValue>();
  /** The stacks below the marks. */
  readonly #below: PickleValue[][] = [];
  #stack: PickleValue[] = [];

  constructor(
    bytes: Uint8Array,
    start: number,
    names: PickleNames,
    fail: (problem: string) => Error,
  ) {
    this.at = start;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#names = names;
    this.#fail = fail;
  }

  /** Runs the program up to STOP, and returns the value on the stack. */
  run(): PickleValue {
    for (let cost = 0; cost < MAX_COST;) {
      const opcode = this.#uint8();
      if (opcode === STOP) return this.#pop();
      this.#step(opcode);
      cost += MAKES_CONTAINER.has(opcode) ? CONTAINER_COST : 1;
    }
    throw this.#fail('expected at most 10^7 values and 10^6 lists and dicts in a pickle, got more');
  }

  #step(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        return this.#protocol(this.#uint8());
      case 0x4e: // NONE
        return this.#push(null);
      case 0x88: // NEWTRUE
        return this.#push(true);
      case 0x89: // NEWFALSE
        return this.#push(false);
      case 0x4b: // BININT1
        return this.#push(this.#uint8());
      case 0x4d: // BININT2
        return this.#push(this.#view.getUint16(this.#skip(2), true));
      case 0x4a: // BININT
        return this.#push(this.#view.getInt32(this.#skip(4), true));
      case 0x8a: // LONG1
        return this.#push(this.#long(this.#uint8()));
      case 0x47: // BINFLOAT
        return this.#push(this.#view.getFloat64(this.#skip(8)));
      case 0x58: // BINUNICODE
        return this.#push(this.#text(this.#uint32()));
      case 0x55: // SHORT_BINSTRING, of Python 2
        return this.#push(this.#text(this.#uint8()));
      case 0x28: // MARK
        this.#below.push(this.#stack);
        this.#stack = [];
        return;
      case 0x74: // TUPLE
        return this.#push(this.#untilMark());
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        return this.#push([]);
      case 0x7d: // EMPTY_DICT
        return this.#push(new PickleDict());
      case 0x8f: // EMPTY_SET
        return this.#push(new Opaque('builtins.set'));
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#tuple(opcode - 0x84);
      case 0x61: // APPEND
        return this.#append([this.#pop()]);
      case 0x65: // APPENDS
        return this.#append(this.#untilMark());
      case 0x73: // SETITEM
        return this.#setItems([this.#pop(), this.#pop()].reverse());
      case 0x75: // SETITEMS
        return this.#setItems(this.#untilMark());
      case 0x71: // BINPUT
        return void this.#memo.set(this.#uint8(), this.#top());
      case 0x72: // LONG_BINPUT
        return void this.#memo.set(this.#uint32(), this.#top());
      case 0x68: // BINGET
        return this.#get(this.#uint8());
      case 0x6a: // LONG_BINGET
        return this.#get(this.#uint32());
      case 0x63: // GLOBAL
        return this.#push(new Global(`${this.#line()}.${this.#line()}`));
      case 0x52: // REDUCE
      case 0x81: // NEWOBJ
        return this.#call();
      case 0x62: // BUILD
        return this.#build();
      case 0x51: // BINPERSID
        return this.#push(this.#names.persistent(this.#pop()));
      default:
        throw this.#fail(
          `the pickle has the instruction ${opcodeName(opcode)}, which torch.save does not write`,
        );
    }
  }

  #protocol(version: number): void {
    if (version === 2) return;
    throw this.#fail(
      `expected a pickle of protocol 2, got protocol ${version}: save the weights without pickle_protocol`,
    );
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#fail('the pickle takes a value from an empty stack');
    return value;
  }

  #top(): PickleValue {
    const value = this.#pop();
    this.#push(value);
    return value;
  }

  #untilMark(): PickleValue[] {
    const values = this.#stack;
    const below = this.#below.pop();
    if (below === undefined) throw this.#fail('the pickle goes back to a mark that it has not set');
    this.#stack = below;
    return values;
  }

  #tuple(length: number): void {
    const values = Array.from({ length }, () => this.#pop());
    this.#push(values.reverse());
  }

  #append(values: readonly PickleValue[]): void {
    const list = this.#top();
    if (list instanceof Opaque) return;
    if (!Array.isArray(list))
      throw this.#fail(`expected the pickle to append to a list, got ${kindOf(list)}`);
    for (const value of values) list.push(value);
  }

  #setItems(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (dict instanceof Opaque) return;
    if (!(dict instanceof PickleDict) || items.length % 2 !== 0)
      throw this.#fail(
        `expected the pickle to set pairs in a dict, got ${items.length} keys and values in ${kindOf(dict)}`,
      );
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  #get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw this.#fail(`the pickle takes value ${index}, which it has not stored`);
    this.#push(value);
  }

  #call(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (callee instanceof Global) return this.#push(this.#names.call(callee.name, args));
    if (callee instanceof Opaque) return this.#push(callee);
    throw this.#fail(`expected the pickle to call a function, got ${kindOf(callee)}`);
  }

  /** Takes an object's state, which is ignored: that of an OrderedDict is its `_metadata`. */
  #build(): void {
    this.#pop();
    const target = this.#top();
    const hasState =
      target instanceof Opaque || target instanceof PickleDict || target instanceof TorchView;
    if (!hasState)
      throw this.#fail(
        `expected the pickle to set the state of a dict or tensor, got ${kindOf(target)}`,
      );
  }

  /** Moves on by some bytes, and returns the index of the first. */
  #skip(length: number): number {
    const start = this.at;
    if (length > this.#bytes.length - start) throw new Cut();
    this.at += length;
    return start;
  }

  #uint8(): number {
    return this.#bytes[this.#skip(1)];
  }

  #uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** Reads an integer in two's complement, of up to 255 bytes. */
  #long(length: number): number | bigint {
    const start = this.#skip(length);
    let value = 0n;
    for (let i = start + length - 1; i >= start; i--)
      value = (value << 8n) | BigInt(this.#bytes[i]);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #text(length: number): string {
    const start = this.#skip(length);
    return DECODER.decode(this.#bytes.subarray(start, start + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new Cut();
    const text = this.#text(end - this.at);
    this.at++;
    return text;
  }
}

const STOP = 0x2e;
/** MARK, EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT, TUPLE1, TUPLE2, TUPLE3, REDUCE, and NEWOBJ. */
const MAKES_CONTAINER: ReadonlySet<number> = new Set([
  0x28, 0x29, 0x5d, 0x7d, 0x85, 0x86, 0x87, 0x52, 0x81,
]);
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
