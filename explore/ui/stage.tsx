import type { ComponentChildren, JSX } from 'preact';
import type { Session } from '../session.ts';
import { Alert } from './alert.tsx';
import { Inspector } from './inspector.tsx';

interface Props {
  readonly session: Session;
  /** The class of a stage with a layout of its own. */
  readonly kind?: string;
  /** Whether the figure has numbers that the reader may change; by default it has. */
  readonly editable?: boolean;
  /** The figure; a session has numbers to show only after it was opened. */
  readonly children: ComponentChildren;
}

/**
 * The figure of a session: its error above, and the inspector of the selected number beside it, which
 * Escape closes.
 */
export function Stage({ session, kind, editable = true, children }: Props): JSX.Element {
  const { value: error } = session.error;
  return (
    <>
      <Alert text={error} />
      <div
        class={kind === undefined ? 'stage' : `stage ${kind}`}
        onKeyDown={({ key }) => {
          if (key === 'Escape' && session.selected.value) void session.select(undefined);
        }}
      >
        <div class={session.isStale.value ? 'figure stale' : 'figure'}>{children}</div>
        <Inspector session={session} editable={editable} />
      </div>
    </>
  );
}
