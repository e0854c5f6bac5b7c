import { inputError } from '../support/inputError.ts';
import { mockPackage } from '../support/mockPackage.ts';

test('an image without sharp names the command that installs it', async () => {
  mockPackage('sharp', () => {
    throw Object.assign(new Error('missing'), { code: 'ERR_MODULE_NOT_FOUND' });
  });
  const { decodeImage } = await import('../../data/image.ts');
  await expect(decodeImage(Uint8Array.of(0xff, 0xd8, 0xff), 'f')).rejects.toThrow(
    inputError('images are decoded by the package sharp, which is missing: npm install sharp'),
  );
});
