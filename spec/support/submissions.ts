import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './runCommand.ts';

const right = readFileSync(join(ROOT, 'psets', 'softmax', 'solution.ts'), 'utf8');

/** Submissions of `softmax` of every kind, with their points and one message. */
export const SUBMISSION_KINDS: readonly {
  readonly kind: string;
  readonly files: Readonly<Record<string, string>>;
  readonly points: number;
  readonly message: string;
}[] = [
  { kind: 'right', files: { 'solution.ts': right }, points: 10, message: 'pass' },
  {
    kind: 'wrong',
    files: { 'solution.ts': right.replace('v - (i === t ? 1 : 0)', 'v') },
    points: 8,
    message: 'the right class is missing: its gradient is y − 1',
  },
  {
    kind: 'hanging in every function',
    files: {
      'solution.js':
        'const f = () => { for (;;); };\nexport { f as forward, f as backpropToInput, f as crossEntropy, f as crossEntropyToInput };',
    },
    points: 0,
    message: 'does not return within 2 s: is there an endless loop?',
  },
  {
    kind: 'hanging when it is loaded',
    files: { 'solution.ts': 'for (;;);' },
    points: 0,
    message: 'does not return within 2 s: is there an endless loop?',
  },
  {
    kind: 'crashing',
    files: { 'solution.ts': 'process.exit(0);' },
    points: 0,
    message: 'ends the process',
  },
  {
    kind: 'with a syntax error',
    files: { 'solution.ts': 'export function forward(x: number[] {}' },
    points: 0,
    message:
      'the file cannot be loaded: SyntaxError: solution.ts, line 1, column 37: Unexpected token, expected ","',
  },
  {
    kind: 'missing',
    files: { 'notes.txt': 'I forgot the file.' },
    points: 0,
    message: 'missing: expected solution.ts or solution.js, found notes.txt',
  },
  {
    kind: 'in a folder, with a second file and prints',
    files: {
      'my-softmax/solution.ts': "console.log('{}');\nexport * from './parts';",
      'my-softmax/parts.ts': right,
    },
    points: 10,
    message: 'pass',
  },
];
