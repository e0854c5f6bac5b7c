import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SidebarGroup } from './reference/writeReference.ts';

/** The side bar of all pages but the reference. */
const GUIDES: readonly SidebarGroup[] = [
  {
    text: 'Start',
    items: [
      { text: 'Install', link: '/start/install' },
      { text: 'A first network in Node', link: '/start/first-network' },
      { text: 'A first network in a page', link: '/start/first-page' },
      { text: 'Names from PyTorch and Keras', link: '/start/names' },
    ],
  },
  {
    text: 'Guides',
    items: [
      { text: 'A box of your own', link: '/own-box' },
      { text: 'Your own data', link: '/own-data' },
      { text: 'Your own photographs', link: '/photographs' },
      { text: 'Training, and the report', link: '/training' },
      { text: 'Search', link: '/search' },
      { text: 'Numbers and images as targets', link: '/targets' },
      { text: 'Backends and speed', link: '/backends' },
      { text: 'In a browser', link: '/browser' },
      { text: 'Where boxprop runs', link: '/runtimes' },
      { text: 'Training on many machines', link: '/cluster-training' },
      { text: 'A search on many machines', link: '/cluster-search' },
      { text: 'Weights of other programs', link: '/weights' },
      { text: 'ONNX', link: '/onnx' },
      { text: 'The command line', link: '/commands' },
      { text: 'What is promised, and tested', link: '/reliability' },
    ],
  },
  {
    text: 'Courses',
    items: [
      { text: 'Problem sets and their grader', link: '/grading' },
      { text: 'A course that grades with boxprop', link: '/courses' },
      { text: 'A problem set of your own', link: '/problem-sets' },
      {
        text: 'The problem sets',
        collapsed: true,
        link: '/psets/linear',
        items: [
          { text: 'The linear module', link: '/psets/linear' },
          { text: 'Pointwise functions', link: '/psets/pointwise' },
          { text: 'The Euclidean cost', link: '/psets/euclidean' },
          { text: 'An example of backpropagation', link: '/psets/backprop-example' },
          { text: 'Convolution', link: '/psets/convolution' },
          { text: 'Max pooling', link: '/psets/max-pooling' },
          { text: 'Softmax', link: '/psets/softmax' },
          { text: 'Batch normalization', link: '/psets/batch-norm' },
          { text: 'PReLU', link: '/psets/prelu' },
          { text: 'Contrast normalization', link: '/psets/contrast-norm' },
          { text: 'Dropout', link: '/psets/dropout' },
        ],
      },
    ],
  },
  {
    text: 'The lecture',
    items: [
      { text: 'All chapters', link: '/lecture/' },
      { text: 'The role of pooling', link: '/lecture/pooling' },
      { text: 'Visualizing the units', link: '/lecture/visualization' },
      { text: 'Human and machine', link: '/lecture/human-and-machine' },
      { text: 'Comparing representations', link: '/lecture/compare' },
      { text: 'Tap off features', link: '/lecture/probe' },
      { text: 'How important is depth?', link: '/lecture/depth' },
      { text: 'Good and bad training', link: '/lecture/good-and-bad-training' },
      { text: 'Fooling convnets', link: '/lecture/fooling' },
    ],
  },
  {
    text: 'Background',
    items: [
      { text: 'The boxes and the networks', link: '/boxes' },
      { text: 'Errors', link: '/errors' },
      { text: 'Design', link: '/design' },
      { text: 'Agreement of the backends', link: '/parity' },
    ],
  },
];

/**
 * Returns the side bar of all pages but the reference. Pages at the top of docs/ that the list does
 * not know follow at its end, under their titles.
 */
export function guidesOf(pages: string): SidebarGroup[] {
  const known = JSON.stringify(GUIDES);
  const others = readdirSync(pages)
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => ({
      text: /^# (.+)$/m.exec(readFileSync(join(pages, name), 'utf8'))?.[1] ?? name,
      link: `/${name.replace(/\.md$/, '')}`,
    }))
    .filter(({ link }) => !known.includes(`"${link}"`));
  return others.length === 0 ? [...GUIDES] : [...GUIDES, { text: 'More', items: others }];
}
