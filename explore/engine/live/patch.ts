/** The patch that hides a part of the image. It is black, like the background of the digits. */
export const PATCH = { size: 7, stride: 1, value: 0 } as const;
