import { exampleOf } from '../../explore/engine/boxes.ts';
import { code, plain, prose, renderDocstring, type LinkTo } from './prose.ts';
import type { Exported } from './exports.ts';
import type { Member } from './members.ts';
import { anchorOf, type ReferencePage } from './placement.ts';

/** The address of a source on the web. */
export type SourceLink = (file: string, line: number) => string;

/** Writes the Markdown of a page of the reference. */
export function renderPage(
  { title, entry, exports }: ReferencePage,
  linkTo: LinkTo,
  sourceOf: SourceLink,
): string {
  const [main] = exports;
  const isList = main.kind === 'type';
  const head = `---\ntitle: ${JSON.stringify(title)}\npageClass: reference\neditLink: false\n---\n\n# ${title}\n`;
  if (isList) {
    const sections = exports.map(
      (one) => `${renderType(one, linkTo)}\n\n${renderSource(one, sourceOf)}`,
    );
    return `${head}\n${sections.join('\n\n')}\n`;
  }
  const parts = [
    head,
    `\`\`\`ts\nimport { ${main.name.split('.')[0]} } from '${entry}';\n\`\`\``,
    renderDocstring(main.doc, linkTo),
    renderLive(main),
    '## Declaration',
    renderSignature(main, linkTo),
    ...renderMembers(main, linkTo),
    ...exports.slice(1).map((type) => renderType(type, linkTo)),
    renderSource(main, sourceOf),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function renderType(type: Exported, linkTo: LinkTo): string {
  const properties = type.members.map((member) => renderMember(member, linkTo)).join('');
  return [
    `## ${type.name} {#${anchorOf(type.name)}}`,
    renderDocstring(type.doc, linkTo),
    renderSignature(type, linkTo),
    properties && `<dl class="members">${properties}</dl>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function renderSignature({ name, signature }: Exported, linkTo: LinkTo): string {
  const names = new Set(signature.match(/\b[A-Z]\w+/g) ?? []);
  names.delete(name);
  const links = [...names].filter((one) => linkTo(one) !== undefined);
  const seeAlso = links.map((one) => code(one, linkTo)).join(' ');
  const see = links.length > 0 ? `\n\n<p class="see">${seeAlso}</p>` : '';
  return `\`\`\`ts\n${signature}\n\`\`\`${see}`;
}

function renderMembers({ members }: Exported, linkTo: LinkTo): string[] {
  const described = members.filter(({ doc }) => doc !== '');
  const properties = described.filter(({ kind }) => kind === 'property');
  const methods = described.filter(({ kind }) => kind === 'method');
  const inherited = members.filter(({ kind, doc }) => kind === 'method' && doc === '');
  const list = (items: readonly Member[]) =>
    `<dl class="members">${items.map((member) => renderMember(member, linkTo)).join('')}</dl>`;
  const parts: string[] = [];
  if (properties.length > 0) parts.push('## Properties', list(properties));
  if (methods.length > 0) {
    parts.push('## Methods');
    for (const { name, type, doc } of methods) {
      parts.push(
        `### ${plain(name)}`,
        `\`\`\`ts\n${dedent(type)}\n\`\`\``,
        renderDocstring(doc, linkTo),
      );
    }
  }
  if (inherited.length > 0) {
    const names = inherited.map(({ name }) => `<code>${plain(name)}</code>`).join(', ');
    parts.push(`<p class="inherited">Implements ${names}, as its base class describes them.</p>`);
  }
  return parts;
}

function renderMember({ name, type, doc, optional, kind }: Member, linkTo: LinkTo): string {
  const text = type.replace(/\s+/g, ' ');
  const shown = kind === 'method' ? text : `${name}${optional ? '?' : ''}: ${text}`;
  const explained = doc === '' ? '' : `<p>${prose(doc, linkTo)}</p>`;
  return `<div><dt><code>${linkedType(shown, linkTo)}</code></dt><dd>${explained}</dd></div>`;
}

/** A declaration in which the names of types are links. */
function linkedType(text: string, linkTo: LinkTo): string {
  return text
    .split(/(\b[A-Z]\w+)/)
    .map((part, i) => {
      const address = i % 2 === 1 ? linkTo(part) : undefined;
      return address === undefined ? plain(part) : `<a href="${address}">${plain(part)}</a>`;
    })
    .join('');
}

/** The box in the explorer, which the browser loads when a reader scrolls to it. */
function renderLive({ name, kind }: Exported): string {
  if (kind !== 'class' || exampleOf(name) === undefined) return '';
  const address = `../../explore/index.html?embedded#/box?name=${name}`;
  return [
    '## Try it',
    `<p>Click a number of any arrow: the page lights the numbers that it is computed from, and checks it by finite differences. Any number can be changed. <a href="${address.replace('?embedded', '')}" target="_self">Open it alone</a></p>`,
    `<iframe class="live" loading="lazy" title="${name} with numbers" src="${address}"></iframe>`,
  ].join('\n\n');
}

function renderSource({ file, line }: Exported, sourceOf: SourceLink): string {
  return `<p class="source"><a href="${sourceOf(file, line)}">${plain(file)}</a></p>`;
}

/** Removes the indentation that a method has in its class. */
function dedent(text: string): string {
  return text.replaceAll('\n  ', '\n');
}
