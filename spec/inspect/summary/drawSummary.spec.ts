import { init, Rng, useBackend } from '../../../index.ts';
import { drawSummary } from '../../../inspect/summary/drawSummary.ts';
import { summarize, type Summary } from '../../../inspect/summary/summarize.ts';
import { googlenet } from '../../../models/googlenet.ts';
import { lenet } from '../../../models/lenet.ts';
import { resnet18 } from '../../../models/resnet.ts';

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangles of the boxes in a drawing. The first is the input. */
function rectangles(svg: string): Rectangle[] {
  const pattern = /<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g;
  return [...svg.matchAll(pattern)].map(([, ...values]) => {
    const [x, y, width, height] = values.map(Number);
    return { x, y, width, height };
  });
}

const overlap = (a: Rectangle, b: Rectangle) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** Expects every element to be closed in the right order, and every attribute to be quoted. */
function expectXml(svg: string): void {
  const open: string[] = [];
  const tag = /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/g;
  const rest = svg.replace(
    tag,
    (_, closing: string, name: string, _attributes, selfClosing: string) => {
      if (closing) expect(open.pop()).toBe(name);
      else if (!selfClosing) open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(rest.replace(/&(amp|lt|gt|quot);/g, '')).not.toContain('&');
}

describe('drawSummary', () => {
  beforeAll(() => useBackend('cpu'));
  const empty = { rng: new Rng(0), init: init.zeros, width: 1 / 16 };

  test.each([
    ['lenet', () => lenet(empty), [28, 28, 1], 1],
    ['resnet18', () => resnet18(empty), [64, 64, 3], 2],
    ['googlenet', () => googlenet(empty), [64, 64, 3], 4],
  ] as const)(
    'draws every box of %s, without overlap, below its inputs',
    (title, build, shape, lanes) => {
      const network = build();
      const summary = summarize(network, shape);
      network.dispose();
      const svg = drawSummary(summary, title);
      expectXml(svg);
      const [input, ...boxes] = rectangles(svg);
      expect(boxes).toHaveLength(summary.rows.length);
      const all = [input, ...boxes];
      all.forEach((a, i) => all.slice(i + 1).forEach((b) => expect(overlap(a, b)).toBe(false)));
      summary.rows.forEach(({ from }, i) => {
        for (const source of from)
          expect(boxes[i].y).toBeGreaterThan((source < 0 ? input : boxes[source]).y);
      });
      expect(new Set(all.map(({ x }) => x)).size).toBe(lanes);
      const arrows = svg.match(/marker-end/g) ?? [];
      expect(arrows).toHaveLength(summary.rows.flatMap(({ from }) => from).length);
      for (const { name } of summary.rows) expect(svg).toContain(`${name.slice(-20)}  `);
    },
  );

  it('escapes special characters in names and titles', () => {
    const summary: Summary = {
      inputShape: [1],
      rows: [],
      total: { parameters: 0, multiplyAdds: 0, activationBytes: 0 },
    };
    const svg = drawSummary(summary, '<a> & "b"');
    expectXml(svg);
    expect(svg).toContain('&lt;a&gt; &amp; &quot;b&quot;: 0 parameters');
  });
});
