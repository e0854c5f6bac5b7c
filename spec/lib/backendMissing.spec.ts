import { jest } from '@jest/globals';
import { InputError } from '../../lib/errors.ts';

// As if the package of the backend wasm were not installed.
jest.unstable_mockModule('@tensorflow/tfjs-backend-wasm', () => {
  throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
});
const { useBackend } = await import('../../lib/backend.ts');

test('a backend that is not installed is an error with the command that installs it', async () => {
  const { message, name } = await useBackend('wasm').then(
    () => new Error('none'),
    (error: Error) => error,
  );
  expect(message).toBe('the backend wasm is missing: npm install @tensorflow/tfjs-backend-wasm');
  expect(name).toBe(InputError.name);
});

test('auto goes on to the next', async () => {
  expect(await useBackend('auto')).toBe('cpu');
});
