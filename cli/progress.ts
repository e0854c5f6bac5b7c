import { Presets, SingleBar } from 'cli-progress';

/** What a person sees of a training run while it runs. */
export interface Progress {
  /** Shows it, from where it stands. */
  show(epoch: number): void;
  step(records: number, loss: number): void;
  /** Takes it off the screen and restores the cursor; may be called at any time. */
  hide(): void;
}

/** A bar on standard error where that is a terminal; else nothing. `total` counts the records of all epochs. */
export function progressBar(total: number): Progress {
  if (!process.stderr.isTTY) return { show() {}, step() {}, hide() {} };
  const bar = new SingleBar(
    {
      format: 'epoch {epoch} {bar} {percentage} %, loss {loss}, {rate} images/s, {left} left',
      clearOnComplete: true,
      hideCursor: true,
      // The command hears the signals itself: it finishes a step first.
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
    step(records, loss) {
      const now = performance.now();
      milliseconds += now - last;
      last = now;
      done += records;
      const rate = (1000 * done) / milliseconds;
      const left = clock((total - done) / rate);
      bar.update(done, { loss: loss.toFixed(4), rate: Math.round(rate), left });
    },
    hide: () => bar.stop(),
  };
}

/** `1:05` for 65 seconds. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
