import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileKernels, ZIG } from '../../../../scripts/buildKernels.ts';
import { runProgram } from '../../../support/runProgram.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

const { status } = runProgram('python3', ['-m', 'ziglang', 'version']);
const withZig = status === 0 ? test : test.skip;
const because = status === 0 ? '' : ` (skipped: pip has not installed ziglang ${ZIG})`;

withZig(`the binaries are those of the sources${because}`, () => {
  for (const [path, text] of Object.entries(compileKernels())) {
    expect({ path, isSame: readFileSync(ROOT + path, 'utf8') === text }).toEqual({
      path,
      isSame: true,
    });
  }
});

test.each(['plain', 'relaxed'] as const)(
  '%s has no data of its own in the memory',
  async (name) => {
    const { default: base64 } = (await import(
      `../../../../lib/kernels/simd/binary/${name}.ts`
    )) as { default: string };
    expect(sectionsOf(Buffer.from(base64, 'base64'))).not.toContain(DATA);
  },
);

/** The kind of a section with bytes that are copied into the memory. */
const DATA = 11;

function sectionsOf(bytes: Buffer): number[] {
  const kinds: number[] = [];
  for (let at = 8; at < bytes.length;) {
    kinds.push(bytes[at++]);
    let [size, shift] = [0, 0];
    do {
      size |= (bytes[at] & 127) << shift;
      shift += 7;
    } while (bytes[at++] & 128);
    at += size;
  }
  return kinds;
}
