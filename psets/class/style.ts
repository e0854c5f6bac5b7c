/** The style of the pages of a class, for light and dark screens of any width. */
export const CLASS_STYLE = `
:root { color-scheme: light dark; --ink: #222; --soft: #595959; --paper: #fff; --line: #d8d8d8; --box: #f4f4f4; --link: #0059a6; --good: #1f6e30; --bad: #a51d24; --bar: #4a7db5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e4e4; --soft: #a8a8a8; --paper: #17191c; --line: #3c4046; --box: #22252a; --link: #7db8f0; --good: #7fce91; --bad: #ff9a94; --bar: #6c9fd6; }
}
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 80rem; margin: 0 auto; padding: 1rem; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0.5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
a { color: var(--link); } p { margin: 0.4rem 0; } .soft { color: var(--soft); font-size: 0.9rem; }
.good { color: var(--good); } .bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); }
th { white-space: nowrap; } td.number, th.number { text-align: right; }
td.name, td.number { white-space: nowrap; }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-decoration: underline dotted; }
th[aria-sort=ascending] button::after { content: ' ▲'; } th[aria-sort=descending] button::after { content: ' ▼'; }
td ul { margin: 0; padding: 0; list-style: none; } code, pre { font: 0.85rem/1.45 ui-monospace, monospace; }
pre { background: var(--box); padding: 0.6rem 0.8rem; margin: 0.4rem 0; white-space: pre-wrap; }
.bars { display: flex; align-items: end; gap: 2px; max-width: 40rem; margin: 1rem 0; }
.bars div { flex: 1 1 0; min-width: 0; text-align: center; font-size: 0.75rem; }
.bars i { display: block; background: var(--bar); } .bars b { font-weight: normal; color: var(--soft); }
summary { cursor: pointer; color: var(--link); white-space: nowrap; }
@media (max-width: 44rem) {
  thead tr::before { content: 'sort by '; color: var(--soft); font-size: 0.9rem; }
  table, thead, tbody, tr, td { display: block; } th { display: inline; border: 0; } tbody tr { border-bottom: 1px solid var(--line); padding: 0.5rem 0; }
  td, td.number { border: 0; padding: 0.1rem 0; text-align: left; white-space: normal; }
  td[data-label]::before { content: attr(data-label) ' '; color: var(--soft); }
  td details { display: inline-block; vertical-align: top; }
  .bars { font-size: 0.65rem; }
}
`;
