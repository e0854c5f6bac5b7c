import { show } from '../../../lib/errors.ts';
import { Upsample2D } from '../../../modules/upsample2d.ts';
import { cellsOf } from './cells.ts';
import type { Importer, ImportNode } from './node.ts';
import { isBatch, shapeOf, sizeOf, type Activation } from './views.ts';

const LARGEST_IMAGE = 2 ** 14;

/** The importers of operators that resize images. */
export const RESIZE: Readonly<Record<string, Importer>> = {
  Resize: (at) => resized(at, at.opset < 11 ? 1 : 2, 3),
  Upsample: (at) => resized(at, 1, undefined),
};

/** Resizes images by nearest neighbours or bilinearly. */
async function resized(at: ImportNode, scalesAt: number, sizesAt: number | undefined) {
  const input = at.channelsLast(at.activation(0));
  if (input.file.length !== 4)
    throw at.fail(`expected images [N, C, H, W], got the shape ${show(shapeOf(input.file))}`);
  const positions = input.file.slice(2).map(sizeOf);
  const listed = at.list('scales');
  const constant = listed === undefined ? at.optional(scalesAt) : undefined;
  const scales = listed ?? (constant && Array.from(await constant.values()));
  const wanted = sizesAt === undefined ? undefined : at.optional(sizesAt);
  const sizes = wanted && (await at.entries(wanted));
  const axes = (at.list('axes') ?? [0, 1, 2, 3]).map((axis) => at.axis(axis, 4));
  const own = [1, 1, 1, 1];
  axes.forEach((axis, k) => {
    const size = sizeOf(input.file[axis]);
    const target = sizes?.[k] ?? 0;
    const isWhole = target === 'batch' || (isBatch(input.file[axis]) && target === size);
    own[axis] = (scales?.length ? scales[k] : isWhole ? 1 : factorTo(size, target)) || 0;
  });
  const factors = own.slice(2);
  if (own[0] !== 1 || own[1] !== 1 || !factors.every((factor) => factor > 0))
    throw at.fail(`expected factors of height and width, got ${show(own)}`);
  if (at.number('antialias', 0) !== 0) throw at.fail('expected antialias 0, got 1');
  const policy = at.text('keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch')
    throw at.fail(`expected keep_aspect_ratio_policy "stretch", got ${show(policy)}`);
  const target = positions.map((size, k) => Math.floor(size * factors[k]));
  if (target.some((size) => size > LARGEST_IMAGE))
    throw at.fail(`expected at most ${LARGEST_IMAGE} pixels a side, got ${show(target)}`);
  const mode = at.text('mode', 'nearest');
  const isOld = at.opset < 11;
  const place = isOld ? 'asymmetric' : at.text('coordinate_transformation_mode', 'half_pixel');
  const [height, width] = factors;
  const isWhole = factors.every((factor) => Number.isInteger(factor));
  const rounds = isOld ? 'floor' : at.text('nearest_mode', 'round_prefer_floor');
  if (factors.every((factor) => factor === 1)) return input;
  if (mode === 'nearest' && !(place === 'asymmetric' && rounds === 'floor')) {
    // If the factors are integers, rounding the positions of pixel centres gives the same pixels.
    const isCenter = isWhole && place.includes('half_pixel') && rounds.startsWith('round');
    if (!isCenter) return nearestCells(at, input, factors, target, place, rounds);
  }
  const made = () => {
    if (mode === 'nearest') return new Upsample2D({ scaleFactor: [height, width] });
    if (mode === 'linear' || mode === 'bilinear') {
      const isExact = positions.every((size, k) => Number.isInteger(size * factors[k]));
      if (
        (place === 'align_corners' && isExact) ||
        place === 'half_pixel' ||
        (place === 'pytorch_half_pixel' && target.every((size) => size > 1))
      )
        // prettier-ignore
        return new Upsample2D({
          scaleFactor: [height, width],
          mode: 'bilinear',
          alignCorners: place === 'align_corners',
        });
    }
    throw at.fail(`expected nearest or linear interpolation, got ${mode}, ${place}, ${rounds}`);
  };
  const { name, shape } = at.emit(made(), input);
  return at.images(name, shape, input.file[0]);
}

/** Returns the factor from one size to another. `Upsample2D` rounds the product down. */
function factorTo(size: number, target: number): number {
  const factor = target / size;
  return Math.floor(size * factor) < target ? factor * (1 + 2 ** -50) : factor;
}

/** Takes the nearest cells by the rules of ONNX's Resize other than that of PyTorch. */
function nearestCells(
  at: ImportNode,
  input: Activation,
  factors: readonly number[],
  target: readonly number[],
  place: string,
  rounds: string,
): Activation {
  const positions: Readonly<Record<string, (i: number, scale: number, out: number, size: number) => number>> = {
    asymmetric: (i, scale) => i / scale,
    half_pixel: (i, scale) => (i + 0.5) / scale - 0.5,
    pytorch_half_pixel: (i, scale, out) => (out > 1 ? (i + 0.5) / scale - 0.5 : 0),
    align_corners: (i, _, out, size) => (out > 1 ? (i * (size - 1)) / (out - 1) : 0),
  }; // prettier-ignore
  const roundings: Readonly<Record<string, (x: number) => number>> = {
    floor: Math.floor,
    ceil: Math.ceil,
    round_prefer_floor: (x) => Math.ceil(x - 0.5),
    round_prefer_ceil: (x) => Math.floor(x + 0.5),
  };
  const [position, rounding] = [positions[place], roundings[rounds]];
  if (position === undefined || rounding === undefined)
    throw at.fail(`expected nearest or linear interpolation, got nearest, ${place}, ${rounds}`);
  return factors.reduce((value, scale, k) => {
    const [size, out] = [sizeOf(value.file[k + 2]), target[k]];
    const cells = Array.from({ length: out }, (_, i) =>
      Math.min(Math.max(rounding(position(i, scale, out, size)), 0), size - 1),
    );
    return cellsOf(at, value, k + 2, cells);
  }, input);
}
