/** Converts the index of an element in a flat list to its index along each axis of the tensor. */
export function coordinates(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = index % shape[axis];
    index = Math.floor(index / shape[axis]);
  }
  return at;
}

/** Converts the index of an element along each axis to its index in the flat list. */
export function flatIndex(at: readonly number[], shape: readonly number[]): number {
  return at.reduce((index, position, axis) => index * shape[axis] + position, 0);
}
