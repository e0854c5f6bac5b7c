import { growth, offLinear } from '../../bench/growth.ts';
import type { Result } from '../../bench/measure.ts';
import { comparisons, report } from '../../bench/report.ts';

describe('the report', () => {
  test("boxprop's step is compared with its peers', with that of tfjs-layers only on the same backend", () => {
    const row = (system: string, backend: string, step_ms: number, min_ms: number) =>
      ({ system, backend, step_ms, min_ms }) as Result;
    const rows = [
      row('PyTorch', 'cpu', 10, 5),
      row('boxprop', 'wasm', 20, 15),
      row('boxprop', 'cpu', 40, 30),
    ];
    expect(comparisons([...rows, row('tfjs-layers', 'cpu', 80, 75)])).toEqual([
      "boxprop's step on wasm is 2.0 (quickest 3.0) of PyTorch",
      "boxprop's step on cpu is 4.0 (quickest 6.0) of PyTorch, 0.50 (quickest 0.40) of tfjs-layers",
    ]);
  });

  test('CPU times are compared, with as many threads; a peer without threads counts as one', () => {
    const row = (system: string, threads: number | undefined, times: number[]) => {
      const [step_ms, min_ms, cpu_ms, min_cpu_ms] = times;
      return { system, backend: 'wasm', threads, step_ms, min_ms, cpu_ms, min_cpu_ms } as Result;
    };
    const rows = [
      row('PyTorch', 1, [10, 8, 10, 8]),
      row('PyTorch', 2, [5, 4, 20, 16]),
      row('ConvNetJS', undefined, [100, 80, 100, 80]),
      { ...row('boxprop', 1, [20, 20, 30, 32]), simd: 'plain' } as const,
      row('boxprop', 2, [20, 20, 30, 32]),
      { ...row('boxprop', undefined, [20, 20]), backend: 'webgl', inference: true },
    ];
    expect(comparisons(rows)).toEqual([
      "boxprop's step on wasm, simd plain with 1 thread is 2.0 (quickest 2.5, CPU 3.0, least 4.0) of PyTorch, 0.20 (quickest 0.25, CPU 0.30, least 0.40) of ConvNetJS",
      "boxprop's step on wasm with 2 threads is 4.0 (quickest 5.0, CPU 1.5, least 2.0) of PyTorch",
      "boxprop's forward pass on webgl is 2.0 (quickest 2.5) of PyTorch with 1 thread, 4.0 (quickest 5.0) of PyTorch with 2 threads, 0.20 (quickest 0.25) of ConvNetJS",
    ]);
  });

  test('the table says why a system is missing, and shows a leak', () => {
    const row = {
      network: 'lenet',
      batch: 4,
      side: 28,
      system: 'A',
      backend: 'cpu',
      step_ms: 1,
      min_ms: 1,
    };
    const missing = {
      network: 'lenet',
      system: 'B',
      backend: 'wasm',
      reason: 'is not installed: npm install b',
    };
    const text = report(
      [{ ...row, ratio: 1, live_tensors: [7, 8] }],
      [missing, { ...missing, threads: 2 }],
    );
    expect(text).toMatch(/│ A +│ cpu +│ +1\.0 .* 7 → 8 │ +1\.00 │/);
    expect(text).toMatch(/│ B +│ wasm +│ is not installed: npm install b +│/);
    expect(text).toMatch(/│ B +│ wasm +│ 2 threads: is not installed: npm install b +│/);
    expect(text).not.toMatch(/CPU|threads +│/);
  });
});

describe('the growth', () => {
  const row = (batch: number, side: number, cpu: number | undefined): Result => ({
    ...{ network: 'convnet', batch, side, system: 'A', backend: 'wasm', threads: 2, ratio: 1 },
    ...{ step_ms: 2 * batch, min_ms: batch, ...(cpu !== undefined && { min_cpu_ms: cpu }) },
  });

  test('shows the time of an image by batch, how it grows, and how far from linear it is', () => {
    const text = growth([row(16, 32, 16), row(32, 32, 40), row(16, 64, 64)], []);
    const [byBatch, bySide] = text.split('┌').slice(1);
    expect(byBatch).toMatch(/CPU ms \(least\) an image, by batch │ backend +│ +16 │ +32 │/);
    expect(byBatch).toMatch(/│ A +│ wasm, 2 threads │ 1\.00 │ 1\.25 │ +size\^1\.32 │ +\+25 % │/);
    expect(bySide).toMatch(/CPU ms \(least\) an image of 1024 pixels, by side .* 32 │ +64 │/);
    expect(bySide).toMatch(/│ A +│ wasm, 2 threads │ 1\.00 │ 1\.00 │ +size\^1\.00 │ +\+0 % │/);
  });

  test('a system without CPU times is only in the tables of wall times', () => {
    const text = growth([row(16, 32, undefined)], []);
    expect(text.match(/│ A /g)).toHaveLength(2);
  });

  test('the largest difference from linear counts, also below it', () => {
    expect(offLinear([1, 2, 4], [10, 22, 32])).toBe('-20 %');
    expect(offLinear([1, 2], [10, 20])).toBe('+0 %');
    expect(offLinear([1], [10])).toBe('');
  });
});
