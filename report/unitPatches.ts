import type { Dataset } from '../data/dataset.ts';
import type { TopPatch } from '../inspect/cutOut.ts';
import { topPatches, type UnitPatches } from '../inspect/topPatches.ts';
import type { AnyModule, Module } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';
import { propagate } from '../lib/propagate.ts';
import { summarize } from '../inspect/summary/summarize.ts';
import { labelOf } from './insides.ts';
import { beside, tiles, wrapped, type Picture, type Tiles } from './pictures.ts';

/** The parts of inputs ("patches") to which certain units of a box respond most. */
export interface BoxPatches {
  /** The name of the box, such as `Conv2D 3`. */
  readonly label: string;
  /** The patches of each unit. */
  readonly units: readonly ShownUnit[];
  /** The rule that made the projections of the patches. */
  readonly rule: ProjectionRule;
}

/** The patches of a unit, and perhaps the unit's responses while parts of them are hidden. */
export interface ShownUnit extends UnitPatches {
  /** For each patch, a response for each pixel: that while a square hides the pixel. */
  readonly occlusions?: readonly Float32Array[];
}

/** The rule of the projections in a report. */
const RULE: ProjectionRule = 'deconvnet';

const [EXAMPLES, UNITS, COUNT] = [1000, 8, 9];

/** The limit for the activations of a batch, in bytes. */
const MEMORY = 2 ** 28;

/** Returns the largest batch size from 1 to 100 whose activations are within the limit. */
export function batchFor(network: Module, inputShape: readonly number[]): number {
  const { activationBytes } = summarize(network, inputShape).total;
  return Math.min(100, Math.max(1, Math.floor(MEMORY / (activationBytes + 1))));
}

/**
 * Collects the patches of the first units of three boxes: the first convolution, the last
 * convolution, and the box whose output is the last hidden vector.
 */
export async function boxPatches(network: Module, data: Dataset): Promise<BoxPatches[]> {
  const batchSize = batchFor(network, data.inputShape);
  const found: BoxPatches[] = [];
  for (const { path, box, units: all } of informative(network, data.inputShape)) {
    const units = Array.from({ length: Math.min(UNITS, all) }, (_, unit) => unit);
    const options = {
      box: path,
      units,
      count: COUNT,
      examples: EXAMPLES,
      batchSize,
      rule: RULE,
    };
    const shown = await topPatches(network, data, options);
    found.push({ label: labelOf(box, path), units: shown, rule: RULE });
  }
  return found;
}

/** A box with weights. */
export interface WeightedBox {
  readonly path: string;
  readonly box: AnyModule;
  readonly units: number;
  /** The shape of the output, without the batch. */
  readonly outputShape: readonly number[];
}

/** Lists the boxes that have a weight with at least two axes, in the order of the forward pass. */
export function weighted(network: Module, inputShape: readonly number[]): WeightedBox[] {
  const boxes = new Map<string, AnyModule>();
  propagate<undefined>(network, [undefined], (box, _, path) => void boxes.set(path, box));
  return summarize(network, inputShape, { all: true }).rows.flatMap(({ name, outputShape }) => {
    const path = name === 'network' ? '' : name;
    const box = boxes.get(path);
    if (box === undefined || (box.params.weight?.rank ?? 0) < 2) return [];
    return [{ path, box, units: outputShape[outputShape.length - 1], outputShape }];
  });
}

/**
 * Returns the most informative boxes. They are the first and the last box whose outputs are images,
 * and the second-to-last box whose output is a vector (the last such box computes the scores).
 */
function informative(network: Module, inputShape: readonly number[]): WeightedBox[] {
  const places = weighted(network, inputShape);
  const of = (rank: number) => places.filter(({ outputShape }) => outputShape.length === rank);
  const [images, vectors] = [of(3), of(1)];
  const chosen = [images[0], images[images.length - 1], vectors[vectors.length - 2]];
  return chosen.filter((place, k) => place !== undefined && chosen.indexOf(place) === k);
}

/**
 * The grey value of the lightest pixel. It is darker than the white beyond the border of the image.
 */
const LIGHTEST = 0.88;

/**
 * Draws a unit's patches as a square of pictures, and beside it, in the same places, their
 * projections and perhaps the responses while parts of them are hidden. All have the same size.
 * Pixels beyond the border of the image are white.
 */
export function patchesPicture({ patches, occlusions }: ShownUnit): Tiles | undefined {
  const shown = patches
    .map((patch, k) => ({ patch, occlusion: occlusions?.[k] }))
    .filter(({ patch }) => patch.values.length > 0);
  if (shown.length === 0) return undefined;
  const [height, width] = [0, 1].map((axis) =>
    Math.max(...shown.map(({ patch }) => patch.shape[axis])),
  );
  const columns = Math.ceil(Math.sqrt(shown.length));
  const square = (of: (one: Shown) => ArrayLike<number>, light: (v: number) => number) =>
    tiles(
      shown.map((one) => {
        const { corner, shape } = one.patch;
        const values = Array.from(of(one), light);
        const [rows, across] = shape;
        const depth = values.length / (rows * across);
        return pictureOf({ corner, shape: [rows, across, depth] }, values, height, width);
      }),
      columns,
      [0, 1],
    );
  const [darkest, lightest] = rangeOf(shown.map(({ patch }) => patch.values));
  const most = largest(shown.map(({ patch }) => patch.projection)) || 1;
  const parts = [
    square(({ patch }) => patch.values, (v) => (LIGHTEST * (v - darkest)) / (lightest - darkest || 1)), // prettier-ignore
    square(
      ({ patch }) => patch.projection,
      (v) => 0.5 + v / (2 * most),
    ),
  ];
  if (occlusions) {
    const [least, greatest] = rangeOf(occlusions);
    const scaled = (v: number) => (LIGHTEST * (v - least)) / (greatest - least || 1);
    parts.push(square(({ occlusion }) => occlusion ?? [], scaled));
  }
  return beside(parts);
}

interface Shown {
  readonly patch: TopPatch;
  readonly occlusion: Float32Array | undefined;
}

function rangeOf(lists: readonly Float32Array[]): readonly [number, number] {
  const ends = lists.filter(({ length }) => length > 0);
  return [
    Math.min(...ends.map((list) => list.reduce((a, b) => Math.min(a, b)))),
    Math.max(...ends.map((list) => list.reduce((a, b) => Math.max(a, b)))),
  ];
}

const largest = (lists: readonly Float32Array[]): number =>
  Math.max(...lists.map((list) => list.reduce((a, b) => Math.max(a, Math.abs(b)), 0)));

/**
 * Puts a patch into a frame. The frame is white where the patch is cut off by the border of the
 * image.
 */
function pictureOf(
  { shape, corner }: Pick<TopPatch, 'shape' | 'corner'>,
  values: readonly number[],
  height: number,
  width: number,
): Picture {
  const [rows, columns, channels] = shape;
  if (rows * columns === 1 && height * width === 1 && channels > 3) return wrapped(values);
  const kept = channels === 3 ? 3 : 1;
  // If a patch starts at the first row or column of the image, it is cut off there, so the white is
  // put before it.
  const [down, right] = [
    corner[0] === 0 ? height - rows : 0,
    corner[1] === 0 ? width - columns : 0,
  ];
  const framed = new Array<number>(height * width * kept).fill(1);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      for (let c = 0; c < kept; c++) {
        framed[((y + down) * width + x + right) * kept + c] =
          values[(y * columns + x) * channels + c];
      }
    }
  }
  return { height, width, channels: kept, values: framed };
}

/**
 * Formats the responses of a unit, `unit 3: 4.21 to 3.9`, or a text that it does not depend on the
 * input.
 */
export function captionOf({ unit, patches, least, unknownWindow }: UnitPatches): string {
  const [first, last] = [patches.at(0), patches.at(-1)];
  if (first === undefined || last === undefined) return `unit ${unit}: has no finite response`;
  const brief = (value: number) => String(Number(value.toPrecision(3)));
  if (first.response === least) return `unit ${unit}: ${brief(least)} for every input`;
  const range = `unit ${unit}: ${brief(first.response)} to ${brief(last.response)}`;
  return unknownWindow === undefined
    ? range
    : `${range}; receptive field unknown, because ${unknownWindow} states no window`;
}
