/**
 * The names of pickle instructions that are not supported, by their bytes. They belong to other
 * protocols, or are not used by torch.save.
 */
const NAMES: Readonly<Record<string, string>> = {
  '0': 'POP',
  '1': 'POP_MARK',
  '2': 'DUP',
  F: 'FLOAT',
  I: 'INT',
  L: 'LONG',
  P: 'PERSID',
  S: 'STRING',
  T: 'BINSTRING',
  V: 'UNICODE',
  B: 'BINBYTES',
  C: 'SHORT_BINBYTES',
  d: 'DICT',
  g: 'GET',
  i: 'INST',
  l: 'LIST',
  o: 'OBJ',
  p: 'PUT',
  '\x82': 'EXT1',
  '\x83': 'EXT2',
  '\x84': 'EXT4',
  '\x8b': 'LONG4',
  '\x8c': 'SHORT_BINUNICODE',
  '\x8d': 'BINUNICODE8',
  '\x8e': 'BINBYTES8',
  '\x90': 'ADDITEMS',
  '\x91': 'FROZENSET',
  '\x92': 'NEWOBJ_EX',
  '\x93': 'STACK_GLOBAL',
  '\x94': 'MEMOIZE',
  '\x95': 'FRAME',
  '\x96': 'BYTEARRAY8',
  '\x97': 'NEXT_BUFFER',
  '\x98': 'READONLY_BUFFER',
};

/**
 * Returns the name of an instruction that is not supported, or its byte (`0xff`) if it has no name.
 */
export function opcodeName(opcode: number): string {
  const byte = String.fromCharCode(opcode);
  return Object.hasOwn(NAMES, byte) ? NAMES[byte] : `0x${opcode.toString(16).padStart(2, '0')}`;
}
