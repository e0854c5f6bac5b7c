/**
 * The channels that tfjs's AvgPool on wasm may be given. For windows of more than nine cells it keeps a number a channel
 * on its stack, which is 64 KiB: with 16384 channels it writes over other tensors, and nothing says so.
 */
export const MAX_AVGPOOL_CHANNELS = 8192;
