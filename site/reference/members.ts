import ts from 'typescript';
import { docstringOf } from '../../explore/plugins/readDocstrings.ts';

/** A public method or property. */
export interface Member {
  readonly name: string;
  readonly kind: 'method' | 'property';
  /** The type of a property, or the declaration of a method without its body. */
  readonly type: string;
  /** The docstring. It is empty for a method that the base class documents. */
  readonly doc: string;
  readonly optional: boolean;
}

/** Reads the public members of a class or an interface, in the order of the source. */
export function membersOf(declaration: ts.Declaration): Member[] {
  if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) return [];
  return declaration.members
    .filter(isPublic)
    .flatMap((member: ts.ClassElement | ts.TypeElement) => {
      const { name } = member;
      if (name === undefined) return [];
      const optional = 'questionToken' in member && member.questionToken !== undefined;
      const place = { name: name.getText(), doc: docstringOf(member) ?? '', optional };
      if (ts.isPropertyDeclaration(member) || ts.isPropertySignature(member)) {
        const type = member.type?.getText() ?? '';
        // A property without a type and a docstring is an implementation of the base class's.
        return type === '' && place.doc === '' ? [] : [{ ...place, kind: 'property', type }];
      }
      if (ts.isGetAccessor(member))
        return [{ ...place, kind: 'property', type: member.type?.getText() ?? '' }];
      if (!ts.isMethodDeclaration(member) && !ts.isMethodSignature(member)) return [];
      const end = ts.isMethodDeclaration(member) ? (member.body?.pos ?? member.end) : member.end;
      const text = member.getSourceFile().text.slice(member.getStart(), end);
      return [{ ...place, kind: 'method', type: text.replace(/;$/, '').trim() }] as Member[];
    });
}

function isPublic(member: ts.ClassElement | ts.TypeElement): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    !(ts.getCombinedModifierFlags(member) & hidden) &&
    !(member.name !== undefined && ts.isPrivateIdentifier(member.name))
  );
}
