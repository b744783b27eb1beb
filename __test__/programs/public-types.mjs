// Prints what TypeScript's compiler knows of the package's public types, as JSON: every exported name of every entry
// point, and in their files every `any` and `unknown`, every method without documentation and every link that leads
// nowhere. `__test__/types/public-types.test.js` judges it.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import { API, SymbolFlags, TypeFlags } from 'typescript/unstable/sync';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const PROJECT = path.join(ROOT, '__test__', 'types', 'tsconfig.json');
const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));

const VAGUE = new Map([
  [SyntaxKind.AnyKeyword, 'any'],
  [SyntaxKind.UnknownKeyword, 'unknown'],
]);
const METHODS = [SyntaxKind.MethodSignature, SyntaxKind.MethodDeclaration];
const CONTAINERS = [SyntaxKind.InterfaceDeclaration, SyntaxKind.ClassDeclaration];

const api = new API({ cwd: ROOT });
try {
  const project = api.updateSnapshot({ openProjects: [PROJECT] }).getProject(PROJECT);
  const files = project.program
    .getSourceFileNames()
    .filter((name) => /^(index|js|types)\b/.test(path.relative(ROOT, name)))
    .map((name) => project.program.getSourceFile(name));
  const report = {
    files: files.map(({ fileName }) => relative(fileName)),
    exports: entries().flatMap((entry) => exportsOf(project, entry)),
    vague: files.flatMap(vagueIn),
    // The reference of the methods of `orgcache/ioredis` is ioredis's.
    lostLinks: files.flatMap((file) => lostLinksIn(project.checker, file)),
    undocumented: files.filter(({ fileName }) => !/ioredis/.test(fileName)).flatMap(undocumentedIn),
  };
  console.log(JSON.stringify(report));
} finally {
  api.close();
}

function relative(file) {
  return path.relative(ROOT, file).split(path.sep).join('/');
}

/** Every file of types that package.json names, with the name by which applications import it. */
function entries() {
  return Object.entries(manifest.exports)
    .filter(([, target]) => typeof target === 'object')
    .flatMap(([subpath, conditions]) =>
      Object.values(conditions).map(({ types }) => ({ name: manifest.name + subpath.slice(1), types })),
    );
}

/** Every exported name of an entry point. */
function exportsOf({ checker, program }, { name: entry, types }) {
  const file = program.getSourceFile(path.join(ROOT, types));
  const module = checker.getSymbolAtLocation(file);
  const members = [...module.getExports().values()].filter(({ name }) => name === 'export=');
  const symbols = members.length > 0 ? members : checker.getExportsOfModule(module);
  return symbols.map((symbol) => {
    const target = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const own = target.name === 'export=' ? exportedBy(checker, file) : target;
    return { entry, types, name: symbol.name, ...about(checker, own) };
  });
}

/** The symbol of the value that `export =` exports. */
function exportedBy(checker, file) {
  const { expression } = file.statements.find(({ kind }) => kind === SyntaxKind.ExportAssignment);
  return checker.getSymbolAtLocation(expression);
}

function about(checker, symbol) {
  const isModule = Boolean(symbol.flags & SymbolFlags.Module);
  const isValue = Boolean(symbol.flags & SymbolFlags.Value);
  const isType = Boolean(symbol.flags & SymbolFlags.Type);
  const types = [
    ...(isValue ? [checker.getTypeOfSymbol(symbol)] : []),
    ...(isType ? [checker.getDeclaredTypeOfSymbol(symbol)] : []),
  ];
  const isVague = (type) => type.isErrorType() || Boolean(type.flags & (TypeFlags.Any | TypeFlags.Unknown));
  return {
    isModule,
    isValue,
    hasType: types.length > 0 && !types.some(isVague),
    documentation: symbol.getDocumentationComment(checker),
    examples: symbol.getJsDocTags(checker).filter(({ name }) => name === 'example').length,
  };
}

/** Every `any` and `unknown` of a file, with the documentation beside it. */
function vagueIn(file) {
  const found = [];
  const visit = (node) => {
    const word = VAGUE.get(node.kind);
    if (word !== undefined)
      found.push({ ...placeOf(file, node), word, documentation: documentationOf(node) });
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

/** Every method of a file that has no documentation, not even at another overload. */
function undocumentedIn(file) {
  const found = [];
  const visit = (node) => {
    if (METHODS.includes(node.kind) && documentationOf(node) === '') found.push(placeOf(file, node));
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

/** Every `{@link name}` of a file whose name is not known there, so that editors cannot follow it. */
function lostLinksIn(checker, file) {
  const found = [];
  const visit = (node) => {
    const isLost = node.kind === SyntaxKind.JSDocLink && checker.getSymbolAtLocation(node.name) === undefined;
    if (isLost) found.push({ ...placeOf(file, node), name: node.name.getText() });
    for (const comment of node.jsDoc ?? []) visit(comment);
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

function placeOf(file, node) {
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return { place: `${relative(file.fileName)}:${line + 1}`, text: file.text.split('\n')[line].trim() };
}

/** The comments of the member or declaration that a node is in. Overloads share their comments. */
function documentationOf(node) {
  const comments = [];
  for (let at = node; at !== undefined && at.kind !== SyntaxKind.SourceFile; at = at.parent) {
    const isMember = CONTAINERS.includes(at.parent?.kind);
    const alike = isMember
      ? at.parent.members.filter(({ name }) => name && nameOf(name) === nameOf(at.name))
      : [];
    for (const { jsDoc = [] } of [at, ...alike]) comments.push(...jsDoc.map((comment) => comment.getText()));
    if (isMember) break;
  }
  return comments.join('\n').replace(/\n\s*\*\s?/g, ' ');
}

function nameOf(name) {
  return name?.getText();
}
