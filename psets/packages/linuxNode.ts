import { InputError, show } from '../../lib/errors.ts';

/** The processors for which grading systems run Linux, by their number in an ELF file. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [0x3e, 'x64'],
  [0xb7, 'arm64'],
]);
/** The size below which a file cannot be all of Node, in bytes. */
const SMALLEST = 40 * 2 ** 20;

/**
 * Returns the processor for which a binary of Node is made. Grading systems run Linux, so it must
 * be the binary of nodejs.org, which needs no other files.
 *
 * Errors: a binary for another system; one that is linked with musl, as on Alpine; one that needs a
 *         library that contains the rest of Node, as in packages of some distributions.
 */
export function linuxMachine(where: string, file: string, data: Uint8Array): string {
  const refuse = (found: string) =>
    new InputError(
      `${where}: expected Node for Linux x64 or arm64, as from nodejs.org, got ${found}: ${show(file)}`,
    );
  const bytes = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, 4096));
  if (bytes.length < 64 || bytes.toString('latin1', 0, 4) !== '\x7fELF')
    throw refuse(kindOf(bytes));
  const machine = MACHINES.get(bytes.readUInt16LE(18));
  if (machine === undefined || bytes[4] !== 2) throw refuse('another processor');
  if (bytes.includes('/ld-musl')) throw refuse('one for Alpine');
  if (data.length < SMALLEST) throw refuse('one that needs further libraries');
  return machine;
}

function kindOf(bytes: Buffer): string {
  const start = bytes.toString('hex', 0, 4);
  if (start === 'cffaedfe' || start === 'cafebabe') return 'one for macOS';
  return start.startsWith('4d5a') ? 'one for Windows' : 'another file';
}
