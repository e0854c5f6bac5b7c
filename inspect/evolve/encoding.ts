import type { Rng } from '../../lib/rng.ts';

/**
 * How a genome describes an image. `evolveImages` evolves the genomes and shows the images to the
 * network. Genomes are never changed, so that champions of several classes may share one.
 */
export interface ImageEncoding<Genome> {
  /** Returns a random genome, for the first generation. */
  readonly random: (rng: Rng) => Genome;
  /**
   * Returns a mutated copy of a genome.
   *
   * @param generation the number of the generation, counted from 1.
   */
  readonly mutate: (genome: Genome, rng: Rng, generation: number) => Genome;
  /** Returns the pixels of the image, each from 0 to 1, in the order height, width, channels. */
  readonly draw: (genome: Genome) => Float32Array;
}
