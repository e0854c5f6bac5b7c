import { subjectOf } from '../../../explore/views/box/address.ts';
import { argumentText, parseArgument } from '../../../explore/views/box/fields.ts';

const callOf = (query: string) => subjectOf(new URLSearchParams(query)).call;

test('an argument that JSON cannot hold stays a word, which the box refuses', () => {
  expect(parseArgument('1e400')).toBe('1e400');
  expect(parseArgument('null')).toBe('null');
  expect(parseArgument('3, 1e400')).toBe('3, 1e400');
  expect(parseArgument('3, 2')).toEqual([3, 2]);
  expect(parseArgument('true')).toBe(true);
});

test('a box with two modes opens in training, whose equations the page shows', () => {
  const training = (query: string) => subjectOf(new URLSearchParams(query)).training;
  expect(training('name=BatchNorm')).toBe(true);
  expect(training('name=BatchNorm&mode=inference')).toBe(false);
  expect(training('name=Tanh')).toBe(false);
});

test.each([
  'args=[2,3,null]',
  'args=[2,3,{}]',
  'args=[2,3,[null]]',
  'args={}',
  'args=[2,3,1e400]',
  'options={"stride":null}',
  'options=[1]',
])('%s cannot be read, so it is as in the example', (query) => {
  const call = callOf(query);
  expect(call).toEqual(callOf(''));
  expect(call?.args.map(argumentText)).toEqual(['2', '3', '3, 2']);
});
