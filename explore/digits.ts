import found from 'virtual:digits';
import type { DigitSprites, NoDigits } from './plugins/sprite.ts';

/** The digits that a build plugin has drawn, or the reason why there are none. */
export const digits = found as DigitSprites | NoDigits;
