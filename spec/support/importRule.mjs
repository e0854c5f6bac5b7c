import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * An ESLint rule with two parts: a folder imports only from folders that come earlier in the list
 * `order`, and no chain of imports leads back to its start. Type imports, dynamic imports and
 * imports by the package's own name count too, because each makes a reader open the other file. If
 * several entries of `order` match a file, the longest is its folder. Every file must match an
 * entry.
 *
 * (`import-x/no-cycle` ignores type imports.)
 */
export const importRule = {
  meta: {
    type: 'problem',
    schema: [
      {
        type: 'object',
        properties: { order: { type: 'array', items: { type: 'string' } } },
        required: ['order'],
        additionalProperties: false,
      },
    ],
    messages: {
      unlisted: '{{file}}: expected it below an entry of `order` in eslint.config.mjs, got none',
      backward:
        '{{folder}} imports {{file}} of {{below}}: a folder imports only from folders above it (`order` in eslint.config.mjs); move the common part up',
      cycle: 'import cycle: {{route}}; move the common part to a file that both import',
    },
  },
  create(context) {
    const { order } = context.options[0];
    const file = relative(ROOT, context.filename).split(sep).join('/');
    const place = placeOf(file, order);
    const nodes = [];
    const collect = (node) => {
      const { source } = node;
      if (typeof source?.value === 'string') nodes.push(source);
    };
    return {
      ImportDeclaration: collect,
      ExportAllDeclaration: collect,
      ExportNamedDeclaration: collect,
      ImportExpression: collect,
      TSImportType: collect,
      'Program:exit'(program) {
        if (place < 0) {
          context.report({ node: program, messageId: 'unlisted', data: { file } });
          return;
        }
        const imports = nodes.map((node) => ({ node, target: targetOf(node.value, file) }));
        // Uses the imports of the text that is linted, because an editor may not have saved it yet.
        graph.set(
          file,
          imports.map(({ target }) => target).filter((target) => target !== undefined),
        );
        for (const { node, target } of imports) {
          if (target === undefined) continue;
          const below = placeOf(target, order);
          if (below < 0 || below > place) {
            const data = { folder: order[place], file: target, below: order[below] ?? 'no folder' };
            context.report({ node, messageId: 'backward', data });
            continue;
          }
          const route = routeTo(file, target);
          if (route !== undefined) {
            const data = { route: [file, ...route].join(' → ') };
            context.report({ node, messageId: 'cycle', data });
          }
        }
      },
    };
  },
};

/** The index of the entry of `order` that a file belongs to; -1 if no entry matches. */
function placeOf(file, order) {
  let best = -1;
  for (const [i, entry] of order.entries()) {
    const leads = file === entry || file.startsWith(`${entry}/`);
    if (leads && (best < 0 || entry.length > order[best].length)) best = i;
  }
  return best;
}

/** The file of this repository that an import names; undefined for packages and assets. */
function targetOf(specifier, importer) {
  const target = specifier.startsWith('.')
    ? join(dirname(importer), specifier).split(sep).join('/')
    : OWN_NAMES.get(specifier);
  return target !== undefined && /\.m?[jt]s$/.test(target) ? target : undefined;
}

/** The source files of `boxprop`, `boxprop/node` and the other entry points. */
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const OWN_NAMES = new Map(
  Object.entries(manifest.exports)
    .filter(([, entry]) => entry['boxprop-source'] !== undefined)
    .map(([path, entry]) => [
      join(manifest.name, path).split(sep).join('/'),
      join(entry['boxprop-source']).split(sep).join('/'),
    ]),
);

/** The imports of each file, by its path from the root. */
const graph = new Map();

function importsOf(file) {
  let imports = graph.get(file);
  if (imports === undefined) {
    imports = readImports(file);
    graph.set(file, imports);
  }
  return imports;
}

function readImports(file) {
  let text;
  try {
    text = readFileSync(resolve(ROOT, file), 'utf8');
  } catch {
    // The compiler reports a missing file.
    return [];
  }
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => targetOf(fileName, file))
    .filter((target) => target !== undefined);
}

/**
 * The shortest chain of imports from `start` to `end`, both included; undefined if there is none.
 */
function routeTo(end, start) {
  const from = new Map([[start, undefined]]);
  for (const file of from.keys()) {
    if (file === end) {
      const route = [];
      for (let at = file; at !== undefined; at = from.get(at)) route.unshift(at);
      return route;
    }
    for (const next of importsOf(file)) if (!from.has(next)) from.set(next, file);
  }
  return undefined;
}
