import { InputError } from '../lib/errors.ts';
import { notFetched } from '../lib/files/notFetched.ts';

/** The formats that can be decoded. */
export type ImageFormat = 'PNG' | 'JPEG' | 'WebP' | 'TIFF' | 'GIF';

const ascii = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));

/** The first bytes of a file of each format; undefined stands for any byte. */
const FORMATS: readonly [ImageFormat, readonly (number | undefined)[]][] = [
  ['PNG', [0x89, ...ascii('PNG\r\n\x1a\n')]],
  ['JPEG', [0xff, 0xd8, 0xff]],
  ['WebP', [...ascii('RIFF'), undefined, undefined, undefined, undefined, ...ascii('WEBP')]],
  ['TIFF', ascii('II*\0')],
  ['TIFF', ascii('MM\0*')],
  ['GIF', ascii('GIF8')],
];

/**
 * The first bytes of other files that are often found in place of an image, with advice for the
 * user.
 */
const OTHERS: readonly [string, readonly (number | undefined)[]][] = [
  ['a BMP image: convert it', ascii('BM')],
  ['a PPM or PGM image: convert it', ascii('P5')],
  ['a PPM or PGM image: convert it', ascii('P6')],
  [
    'a HEIC or AVIF image: convert it',
    [undefined, undefined, undefined, undefined, ...ascii('ftyp')],
  ],
  ['a Photoshop file: convert it', ascii('8BPS')],
];

/**
 * Recognizes the format of an image by its first bytes. The name of the file is not used.
 *
 * Errors: `cat.bmp: expected a PNG, JPEG, WebP, TIFF or GIF image, got a BMP image: convert it`.
 */
export function imageFormat(bytes: Uint8Array, name: string): ImageFormat {
  const beginsWith = ([, start]: readonly [string, readonly (number | undefined)[]]) =>
    start.every((byte, i) => byte === undefined || byte === bytes[i]);
  const format = FORMATS.find(beginsWith);
  if (format !== undefined) return format[0];
  const other =
    OTHERS.find(beginsWith)?.[0] ??
    notFetched(bytes) ??
    (bytes.length === 0 ? 'no bytes' : 'other bytes');
  throw new InputError(`${name}: expected a PNG, JPEG, WebP, TIFF or GIF image, got ${other}`);
}

/**
 * The stored size of an image, before it is rotated as its EXIF tag says, and its number of
 * channels.
 */
export interface ImageHeader {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Reads the size of a PNG or JPEG image without the decoder, because calling the decoder would take
 * too long for small images.
 *
 * Source: PNG (ISO/IEC 15948), 11.2.2; JPEG (ITU-T T.81), B.2.2.
 * @returns undefined if the header is damaged, or if `bytes` does not contain all of it.
 */
export function quickHeader(bytes: Uint8Array, format: ImageFormat): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (format === 'PNG' && bytes.length >= 26) {
    const channels = [1, undefined, 3, 1, 2, undefined, 4][bytes[25]];
    if (channels === undefined) return undefined;
    return { width: view.getUint32(16), height: view.getUint32(20), channels };
  }
  if (format !== 'JPEG') return undefined;
  for (let at = 2; at + 10 <= bytes.length;) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    // Any number of fill bytes, 0xff, may precede the marker's code.
    if (marker === 0xff) at++;
    else if (isFrame(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)];
      return { height, width, channels: bytes[at + 9] };
    } else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/**
 * Returns whether a marker starts a frame: SOF0 ... SOF15. The markers DHT, JPG and DAC in this
 * range do not.
 */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
