/** Short names of the boxes of LeNet, by their positions in the chain. */
export const BOXES: readonly string[] = [
  'Conv2D 1',
  'MaxPool2D 1',
  'Conv2D 2',
  'MaxPool2D 2',
  'Flatten',
  'Linear 1',
  'ReLU',
  'Linear 2',
];
