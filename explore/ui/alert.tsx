import type { JSX } from 'preact';

/** An error in words, which screen readers read at once; nothing if there is none. */
export function Alert({ text }: { readonly text: string | undefined }): JSX.Element | null {
  if (!text) return null;
  return (
    <p class="error" role="alert">
      {text}
    </p>
  );
}
