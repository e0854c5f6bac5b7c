import { latest } from '../../../explore/views/box/latest.ts';

test('only the result of the last task is shown, and nothing until it is there', async () => {
  const shown: (string | undefined)[] = [];
  const show = latest<string>((result) => shown.push(result));
  let end = (_: string) => {};
  const slow = show(new Promise<string>((resolve) => (end = resolve)));
  await show(Promise.resolve('second'));
  end('first');
  await slow;
  expect(shown).toEqual([undefined, undefined, 'second']);
});
