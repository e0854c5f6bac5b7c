import { pathToFileURL } from 'node:url';
import { useBackend } from '../index.ts';
import { takingOptions } from './support/optionsOf.ts';
import { entryPoints } from './support/program.ts';

test('every exported function and class with options refuses an unknown one by name, first', async () => {
  await useBackend('cpu');
  const silent: string[] = [];
  const entries = Object.values(entryPoints());
  let count = 0;
  for (const [file, taking] of takingOptions(entries)) {
    const exported = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    for (const { name, before, isClass } of taking) {
      const value = name.split('.').reduce<unknown>((of, key) => (of as never)[key], exported);
      const got = await failureOf(value as never, before, isClass);
      count++;
      if (!got.includes('unknown option notAnOption')) silent.push(`${name}: ${got}`);
    }
  }
  expect(count).toBeGreaterThan(50);
  expect(silent).toEqual([]);
});

/** The message of a call with nothing but an unknown option. */
async function failureOf(
  callee: (new (...args: unknown[]) => unknown) & ((...args: unknown[]) => unknown),
  before: number,
  isClass: boolean,
): Promise<string> {
  const args = [...new Array<undefined>(before), { notAnOption: 1 }];
  try {
    await (isClass ? new callee(...args) : callee(...args));
    return 'no error';
  } catch (error) {
    return String(error);
  }
}
