import type { Rng } from '../../lib/rng.ts';
import { numElements } from '../../lib/shapes.ts';
import type { ImageEncoding } from './encoding.ts';

/** The exponent η of the polynomial mutation; larger values make smaller changes. */
const STRENGTH = 15;

/** The probability with which a byte is mutated at first, and the generations that halve it. */
const [FIRST_RATE, HALF_LIFE] = [0.1, 1000];

/**
 * Encodes an image directly: the genome holds one byte per pixel and channel, which at first is
 * uniform in 0 ... 255. In generation g each byte is mutated with the probability
 *
 *   rate = 0.1 · ½^⌊g/1000⌋
 *
 * by the polynomial mutation of strength 15.
 *
 * Source: Nguyen, Yosinski, Clune 2015, arXiv:1412.1897, section 2.3.
 *
 *     const encoding = directEncoding([28, 28, 1]);
 *     const pixels = encoding.draw(encoding.random(new Rng(0))); // noise
 */
export function directEncoding(inputShape: readonly number[]): ImageEncoding<Uint8Array> {
  const size = numElements(inputShape);
  return {
    random: (rng) => Uint8Array.from({ length: size }, () => rng.integer(256)),
    mutate(genome, rng, generation) {
      const rate = FIRST_RATE * 0.5 ** Math.floor(generation / HALF_LIFE);
      return genome.map((byte) => (rng.uniform() < rate ? mutated(byte, rng) : byte));
    },
    draw: (genome) => Float32Array.from(genome, (byte) => byte / 255),
  };
}

/** Mutates a byte; the uint8 array of the genome keeps the result as it is, from 0 to 255. */
function mutated(byte: number, rng: Rng): number {
  const moved = byte + 255 * polynomialChange(rng.uniform(), STRENGTH);
  return Math.round(Math.min(255, Math.max(0, moved)));
}

/**
 * Returns the change of the polynomial mutation, as a fraction of the range of the value:
 *
 *   δ = (2u)^(1/(η+1)) − 1         if u < ½
 *   δ = 1 − (2 − 2u)^(1/(η+1))     otherwise
 *
 * It lies in (−1, 1), is symmetric around 0, and large changes are rare.
 *
 * Source: Deb, Multi-objective optimization using evolutionary algorithms, 2001, section 4.3.
 * @param u a uniform value from 0 to below 1.
 * @param strength η.
 */
export function polynomialChange(u: number, strength: number): number {
  const power = 1 / (strength + 1);
  return u < 0.5 ? (2 * u) ** power - 1 : 1 - (2 - 2 * u) ** power;
}
