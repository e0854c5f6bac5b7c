import type { BackendName } from '../../../lib/backend/useBackend.ts';
import { InputError } from '../../../lib/errors.ts';
import { mockMissing } from '../../support/mockPackage.ts';

const PACKAGES = [
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-node',
  '@tensorflow/tfjs-node-gpu',
  'webgpu',
];
PACKAGES.forEach(mockMissing);
const { useBackend } = await import('../../../lib/backend/useBackend.ts');

test.each<[BackendName, string]>([
  ['wasm', 'npm install @tensorflow/tfjs-backend-wasm'],
  ['tensorflow', 'npx boxprop setup tensorflow'],
  ['tensorflow-gpu', 'npx boxprop setup tensorflow --gpu'],
  ['webgpu', 'npm install @tensorflow/tfjs-backend-webgpu webgpu'],
])('%s, not installed, is an error with the command that installs it', async (backend, command) => {
  const { message, name } = await useBackend(backend).then(
    () => new Error('none'),
    (error: Error) => error,
  );
  expect(message).toBe(`the backend ${backend} is not installed: ${command}`);
  expect(name).toBe(InputError.name);
});

test('auto tries the next backend, and names the packages that are not installed', async () => {
  const lines: string[] = [];
  expect(await useBackend('auto', { log: (line) => lines.push(line) })).toBe('cpu');
  expect(lines).toEqual([
    'backend cpu: the fastest that starts here; tensorflow-gpu, tensorflow, webgpu and wasm are not installed',
  ]);
});
