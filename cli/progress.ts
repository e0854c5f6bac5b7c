import { Presets, SingleBar } from 'cli-progress';
import { formatLoss } from './formatLoss.ts';

/** The progress bar of a training run. */
export interface Progress {
  /** Draws the bar in its current state. */
  show(epoch: number): void;
  /** Advances the bar by the number of examples of a step. */
  step(examples: number, loss: number): void;
  /** Removes the bar and restores the cursor. It may be called at any time. */
  hide(): void;
}

/**
 * Creates a progress bar on standard error. If standard error is not a terminal, nothing is drawn.
 *
 * @param total the number of examples of all epochs.
 * @param what the name of what `show` counts.
 */
export function progressBar(total: number, what = 'epoch'): Progress {
  if (!process.stderr.isTTY) return { show() {}, step() {}, hide() {} };
  const bar = new SingleBar(
    {
      format: `${what} {epoch} {bar} {percentage} %, loss {loss}, {rate} examples/s, {left} left`,
      clearOnComplete: true,
      hideCursor: true,
      // The command handles signals itself, because it must finish the current step first.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  let done = 0;
  let milliseconds = 0;
  let last = 0;
  return {
    show(epoch) {
      last = performance.now();
      bar.start(total, done, { epoch, loss: '-', rate: '-', left: '-' });
    },
    step(examples, loss) {
      const now = performance.now();
      milliseconds += now - last;
      last = now;
      done += examples;
      const rate = (1000 * done) / milliseconds;
      const left = clock((total - done) / rate);
      bar.update(done, { loss: formatLoss(loss), rate: Math.round(rate), left });
    },
    hide: () => bar.stop(),
  };
}

/** The progress bar of a search for adversarial images. */
export interface SearchProgress {
  /** Begins the search for an example. */
  begin(example: number): void;
  /** Advances the bar to this number of tries. */
  tried(tries: number, atMost: number): void;
  /** Removes the bar and restores the cursor. It may be called at any time. */
  hide(): void;
}

/**
 * Creates the progress bar of `boxprop fool --method closest`. It is drawn on standard error if
 * that is a terminal.
 */
export function searchBar(): SearchProgress {
  if (!process.stderr.isTTY) return { begin() {}, tried() {}, hide() {} };
  const format = 'example {example} {bar} try {value}, at most {total}';
  const options = { format, clearOnComplete: true, hideCursor: true };
  const bar = new SingleBar(options, Presets.shades_classic);
  return {
    begin: (example) => bar.start(1, 0, { example }),
    tried(tries, atMost) {
      bar.setTotal(atMost);
      bar.update(tries);
    },
    hide: () => bar.stop(),
  };
}

/** The progress bar of a command that works through a known number of parts. */
export interface PartsProgress {
  /** Draws the bar with this number of finished parts. */
  show(done: number, total: number): void;
  /** Removes the bar and restores the cursor. It may be called at any time. */
  hide(): void;
}

/**
 * Creates the progress bar of `boxprop compare`, `probe`, `units`, and `invariance`. It is drawn on
 * standard error if that is a terminal.
 *
 * @param part the name of a part, such as `batch`.
 */
export function partsBar(part: string): PartsProgress {
  if (!process.stderr.isTTY) return { show() {}, hide() {} };
  const format = `${part} {value} of {total} {bar} {eta_formatted} left`;
  const options = { format, clearOnComplete: true, hideCursor: true };
  const bar = new SingleBar(options, Presets.shades_classic);
  return {
    show(done, total) {
      if (!bar.isActive) bar.start(total, 0);
      bar.setTotal(total);
      bar.update(done);
    },
    hide: () => bar.stop(),
  };
}

/** Formats seconds as `1:05`. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
