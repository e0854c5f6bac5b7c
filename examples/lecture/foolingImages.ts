import { dispose, max, softmax, tensor1d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { Rng, type Module } from 'boxprop';
import { cppnEncoding, directEncoding, evolveImages, imagine, type ImageEncoding } from 'boxprop/inspect'; // prettier-ignore
import type { Method } from './foolingFigures.ts';

/** Ten images that were made from noise, one per class. */
export interface MadeImages {
  /** The probabilities that the network gives to their classes. */
  readonly confidences: readonly number[];
  /** The median confidence after each generation; empty for the gradient. */
  readonly medians: readonly number[];
  /** The pixels, each a byte. */
  readonly bytes: Uint8Array;
}

const SHAPE = [28, 28, 1];

/** Makes images that a network assigns to the ten digits: by the gradient, and by evolution. */
export async function imagesFor(
  network: Module,
  seed: number,
): Promise<Record<Method, MadeImages>> {
  return {
    gradient: await byGradient(network, seed),
    direct: await evolved(network, seed, directEncoding(SHAPE)),
    cppn: await evolved(network, seed, cppnEncoding(SHAPE)),
  };
}

async function byGradient(network: Module, seed: number): Promise<MadeImages> {
  const labels = tensor1d([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 'int32');
  const images = imagine(network, { labels, inputShape: SHAPE, rng: new Rng(seed) });
  const sure = tidy(() => max(softmax(network.infer(images) as Tensor2D), 1));
  const [confidences, pixels] = [Array.from(await sure.data()), await images.data()];
  dispose([labels, images, sure]);
  return { confidences, medians: [], bytes: bytesOf(pixels) };
}

async function evolved<Genome>(
  network: Module,
  seed: number,
  encoding: ImageEncoding<Genome>,
): Promise<MadeImages> {
  const medians: number[] = [];
  const champions = await evolveImages(network, {
    encoding,
    inputShape: SHAPE,
    rng: new Rng(seed),
    onGeneration: ({ median }) => medians.push(median),
  });
  const images = champions.map(({ genome }) => bytesOf(encoding.draw(genome)));
  return {
    confidences: champions.map(({ confidence }) => confidence),
    medians,
    bytes: Buffer.concat(images),
  };
}

function bytesOf(pixels: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(pixels, (pixel) => Math.round(255 * pixel));
}
