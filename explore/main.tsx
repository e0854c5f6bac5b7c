import './style.css';
import { render, type ComponentType, type JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { messageOf } from '../lib/errors.ts';
import { connect } from './engine/client.ts';
import type { RemoteEngine } from './engine/messages.ts';
import { addressOf, view } from './router.ts';
import { keep, kept } from './storage.ts';
import { Alert } from './ui/alert.tsx';
import { VIEWS } from './views/index.ts';

const engine = connect();
// The view's code is fetched while the engine starts; `Page` shows the error if it fails.
currentView()
  .load()
  .catch(() => undefined);

type Theme = 'auto' | 'light' | 'dark';
const theme = signal<Theme>(readTheme());
/** Whether the page is a part of another page, which has its own navigation: `?embedded`. */
const embedded = new URLSearchParams(location.search).has('embedded');
const projector = signal(kept('projector') === 'on');
document.documentElement.classList.toggle('projector', projector.value);

/** The page: the navigation, and the view that the address names. */
function Page(): JSX.Element {
  const entry = currentView();
  const [View, setView] = useState<ComponentType<{ engine: RemoteEngine }> | undefined>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    let current = true;
    setError(undefined);
    entry.load().then(
      (loaded) => current && setView(() => loaded),
      (problem: unknown) => current && setError(messageOf(problem)),
    );
    document.title = `${entry.title} · boxprop`;
    return () => (current = false);
  }, [entry]);
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>
        To the figure
      </a>
      {!embedded && <PageHeader current={entry.name} />}
      <main id="main" tabIndex={-1}>
        <Alert text={error && `${error}. Load the page again.`} />
        {View ? <View engine={engine} /> : !error && <p class="loading">Loading</p>}
      </main>
    </>
  );
}

/** The navigation, and the settings of the page. */
function PageHeader({ current }: { readonly current: string }): JSX.Element {
  return (
    <header class="page">
      <a class="brand" href={addressOf('')}>
        <Mark /> boxprop
      </a>
      <nav aria-label="views">
        {VIEWS.map(({ name, title }) => (
          <a key={name} href={addressOf(name)} aria-current={name === current && 'page'}>
            {title}
          </a>
        ))}
      </nav>
      <div class="settings">
        <button
          type="button"
          aria-pressed={projector.value}
          onClick={() => {
            projector.value = !projector.value;
            keep('projector', projector.value ? 'on' : 'off');
            document.documentElement.classList.toggle('projector', projector.value);
          }}
        >
          Projector
        </button>
        <label>
          <span class="sr-only">colours</span>
          <select
            value={theme.value}
            onChange={({ currentTarget }) => setTheme(currentTarget.value as Theme)}
          >
            <option value="auto">auto</option>
            <option value="light">light</option>
            <option value="dark">dark</option>
          </select>
        </label>
      </div>
    </header>
  );
}

/** The view that the address names; the first one if it names none. */
function currentView() {
  return VIEWS.find(({ name }) => name === view.value) ?? VIEWS[0];
}

/** The logo of the page, a box with three arrows: one in, one back, one down. */
function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <rect
        x="7.5"
        y="5"
        width="9"
        height="9"
        rx="1.5"
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
      />
      <path d="M1 7.5h5m11 0h6m-2.5-2 2.5 2-2.5 2" class="mark-forward" />
      <path d="M23 11.5h-6m-11 0H1m2.5-2-2.5 2 2.5 2" class="mark-backward" />
      <path d="M12 14.5v7m-2-2.5 2 2.5 2-2.5" class="mark-params" />
    </svg>
  );
}

function toMain(event: Event) {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

function readTheme(): Theme {
  const saved = new URLSearchParams(location.search).get('theme');
  return saved === 'light' || saved === 'dark' ? saved : 'auto';
}

function setTheme(next: Theme) {
  theme.value = next;
  document.documentElement.style.colorScheme = next === 'auto' ? 'light dark' : next;
}
setTheme(theme.value);

const root = document.getElementById('app');
if (root) render(<Page />, root);
