import { useBackend } from 'boxprop';
import { loadMnist } from 'boxprop/node';
import sharp from 'sharp';

/** Returns images of digits as the bytes of PNG files: the first ones of MNIST's test set. */
export async function digits(count) {
  await useBackend('float64');
  const { test } = await loadMnist();
  const { input, labels } = test.batch(Int32Array.from({ length: count }, (_, n) => n));
  const [pixels, size] = [await input.data(), 28 * 28];
  input.dispose();
  labels.dispose();
  return Promise.all(
    Array.from({ length: count }, (_, n) => {
      const bytes = Uint8Array.from(pixels.subarray(n * size, (n + 1) * size), (v) => v * 255);
      return sharp(bytes, { raw: { width: 28, height: 28, channels: 1 } })
        .png()
        .toBuffer();
    }),
  );
}
