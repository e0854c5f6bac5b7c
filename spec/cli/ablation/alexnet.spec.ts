import { isLikeAlexnet } from '../../../cli/ablation/alexnet.ts';

test('the published ablations compare only with networks that have the same layers', () => {
  const alexnet = ['conv1', 'conv2', 'conv3', 'conv4', 'conv5', 'fc6', 'fc7', 'fc8'];
  expect(isLikeAlexnet(alexnet)).toBe(true);
  expect(isLikeAlexnet(alexnet.filter((layer) => layer !== 'conv4'))).toBe(false);
  expect(isLikeAlexnet(['0', '2', '5', '7'])).toBe(false);
});
