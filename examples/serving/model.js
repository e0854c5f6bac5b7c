import { Rng } from 'boxprop';
import { PREPROCESSINGS } from 'boxprop/data';
import { lenet } from 'boxprop/models';

// Everything that is particular to this model. For another one, change this file only.

/** The file that train.js writes and server.js reads. */
export const WEIGHTS = new URL('weights.safetensors', import.meta.url).pathname;

export const labels = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
export const inputShape = [28, 28, 1];

/** How the pixels of an image become inputs: here, bytes become numbers from 0 to 1. */
export const preprocessing = PREPROCESSINGS.unit;

export const build = () => lenet({ rng: new Rng(0), inputShape, classes: labels.length });
