// Prints the figures of the house: `npm run house`. Rooms and their size, circles of files, files and functions over
// their limits, what the newest room touches outside its folders, files of `src/binding/` that need no Node. With `--json` as JSON.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isProgram, ROOT } from './run.mjs';

export const MOST_LINES_OF_A_FILE = 500;
export const MOST_LINES_OF_A_FUNCTION = 60;
export const MOST_FILES_OF_A_CIRCLE = 3;
/** The sample of a change: what adding a room touches. */
const NEWEST_ROOM = 'topic';

const RUST_TEST = /(^|\/)(tests|contract)(\/|\.rs$)/;
const GENERATED = /command\/table\.rs$/;

/** Names every source file of a folder, tests apart. */
function filesBelow(folder, extension) {
  return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => !RUST_TEST.test(file) && !GENERATED.test(file))
    .sort();
}

/** Code lines without comments; Rust's ends where its tests begin. */
function codeOf(file) {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const code = file.endsWith('.rs') ? text.split(/^#\[cfg\(test\)\]\nmod \w+ \{/m, 1)[0] : text;
  return { text, lines: code.split('\n').map((line) => (/^\s*(\/\/|\*|\/\*)/.test(line) ? '' : line)) };
}

const roomOf = (file) => file.split('/')[1].replace(/\.rs$/, '');

/** Finds the longest functions of a file: those of its braces that a signature opens. */
function functionsOf(file, lines) {
  const begins = file.endsWith('.rs')
    ? /^\s*(pub(\([a-z]+\))? )?(const |async |unsafe |extern "C" )*fn (\w+)/
    : /^\s*((async )?function\*? ?(\w*)|(static |async |get |set )*(#?\w+)\(.*\) \{$|(const|let) (\w+) = (async )?\(.*=> \{$)/;
  const found = [];
  for (let i = 0; i < lines.length; i += 1) {
    const match = begins.exec(lines[i]);
    if (match === null || /^\s*(if|for|while|switch|catch|return|else)\b/.test(lines[i])) continue;
    const opened = lines.slice(i).find((line) => /[{;]\s*$/.test(line));
    // A trait's function may have no body.
    if (opened === undefined || opened.trimEnd().endsWith(';')) continue;
    const indent = /^\s*/.exec(lines[i])[0];
    const end = lines.findIndex((line, at) => at > i && line.startsWith(`${indent}}`));
    if (end > i) found.push({ file, line: i + 1, name: match[0].trim().slice(0, 60), lines: end - i + 1 });
  }
  return found;
}

/**
 * The files that each Rust file names, as `tests/architecture.rs` counts them: a name leads to the file that defines it,
 * through those that hand it on, and an inherent `impl` outside its type's file or folder is an arrow both ways. What a folder's files share
 * may stand in its first file.
 */
function rustArrows(files, codes) {
  const texts = new Map(files.map((file) => [file, codes.get(file).lines.join('\n')]));
  const modules = new Map(files.map((file) => [moduleOf(file).join('::'), file]));
  const imported = new Map(
    files.map((file) => [file, namesOf(texts.get(file), /^(?:pub(?:\([a-z]+\))? )?use (.*?);/gms)]),
  );
  const find = (path_) => defining(path_, modules, imported);
  const homes = new Map();
  for (const file of files) {
    for (const [, name] of texts.get(file).matchAll(/^(?:pub(?:\([a-z]+\))? )?(?:struct|enum) (\w+)/gm)) {
      homes.set(`${roomOf(file)}:${name}`, [...(homes.get(`${roomOf(file)}:${name}`) ?? []), file]);
    }
  }
  const arrows = new Map(files.map((file) => [file, new Set()]));
  const isInside = (file, folder) =>
    moduleOf(file)
      .join('::')
      .startsWith(`${moduleOf(folder).join('::')}::`);
  for (const file of files) {
    for (const path_ of pathsOf(file, texts.get(file), modules)) {
      const to = find(path_);
      if (to !== undefined && to !== file && !isInside(file, to)) arrows.get(file).add(to);
    }
    for (const [, name] of texts.get(file).matchAll(/^impl(?:<[^>]*>)? (\w+)(?:<[^>]*>)? \{/gm)) {
      const at = homes.get(`${roomOf(file)}:${name}`) ?? [];
      if (at.length !== 1 || at[0] === file || isInside(file, at[0])) continue;
      arrows.get(file).add(at[0]);
      arrows.get(at[0]).add(file);
    }
  }
  return arrows;
}

/** The module of a file, as the parts of its path. */
const moduleOf = (file) =>
  file
    .replace(/^src\//, '')
    .replace(/(\/mod)?\.rs$/, '')
    .split('/');

/** The paths that a text has after each match of `pattern`, groups taken apart. */
function namesOf(text, pattern) {
  return [...text.matchAll(pattern)].flatMap(([, tree]) => branchesOf(tree.replaceAll(/\s+/g, ' ').trim()));
}

/** `a::{b, c::d}` as `a::b` and `a::c::d`, each as its parts, without the name that `as` gives it. */
function branchesOf(tree) {
  const open = tree.indexOf('{');
  if (open < 0)
    return [
      tree
        .split(' as ')[0]
        .split('::')
        .map((part) => part.trim()),
    ];
  const head = tree
    .slice(0, open)
    .split('::')
    .filter((part) => part.trim() !== '')
    .map((part) => part.trim());
  const branches = [''];
  let depth = 0;
  for (const letter of tree.slice(open + 1, tree.lastIndexOf('}'))) {
    if (letter === '{') depth += 1;
    if (letter === '}') depth -= 1;
    if (letter === ',' && depth === 0) branches.push('');
    else branches[branches.length - 1] += letter;
  }
  return branches
    .filter((branch) => branch.trim() !== '')
    .flatMap((branch) => branchesOf(branch.trim()).map((rest) => [...head, ...rest]));
}

/** Every path of a file into this crate, from its root. */
function pathsOf(file, text, modules) {
  const here = moduleOf(file);
  const used = namesOf(text, /\buse (.*?);/gms);
  const inline = [...text.matchAll(/\b((?:crate|super|self)(?:::\w+)+)/g)].map(([, path_]) =>
    path_.split('::'),
  );
  return [...used, ...inline].flatMap((path_) => absolute(path_, here, modules) ?? []);
}

function absolute(path_, here, modules) {
  const [first, ...rest] = path_;
  if (first === 'crate') return [rest];
  if (first === 'self') return [[...here, ...rest]];
  if (first === 'super') {
    const up = path_.findIndex((part) => part !== 'super');
    return [[...here.slice(0, here.length - up), ...path_.slice(up)]];
  }
  return modules.has([...here, first].join('::')) ? [[...here, ...path_]] : undefined;
}

/** The file that defines what a path names. */
function defining(path_, modules, imported, depth = 0) {
  let length = path_.length;
  while (length > 0 && !modules.has(path_.slice(0, length).join('::'))) length -= 1;
  if (length === 0 || depth > 5) return undefined;
  const file = modules.get(path_.slice(0, length).join('::'));
  const name = path_[length];
  const found = name === undefined ? undefined : imported.get(file).find((names) => names.at(-1) === name);
  if (found === undefined) return file;
  const target = absolute(found, moduleOf(file), modules);
  return target === undefined ? file : defining(target[0], modules, imported, depth + 1);
}

/** The files that JavaScript files require of each other. */
function scriptArrows(files) {
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const code = readFileSync(path.join(ROOT, file), 'utf8');
      const named = [...code.matchAll(/require\('(\.[^']+)'\)/g)].map(([, to]) =>
        path.join(path.dirname(file), to),
      );
      return [file, new Set(named.filter((to) => known.has(to)))];
    }),
  );
}

/** Circles of files, the largest first: the strongly connected parts of the graph (Tarjan). */
export function circlesOf(arrows) {
  const [indexOf, lowOf, stack, circles] = [new Map(), new Map(), [], []];
  const visit = (node) => {
    indexOf.set(node, indexOf.size);
    lowOf.set(node, indexOf.get(node));
    stack.push(node);
    for (const next of arrows.get(node) ?? []) {
      if (!indexOf.has(next)) visit(next);
      if (stack.includes(next)) lowOf.set(node, Math.min(lowOf.get(node), lowOf.get(next)));
    }
    if (lowOf.get(node) === indexOf.get(node)) circles.push(stack.splice(stack.indexOf(node)));
  };
  for (const node of arrows.keys()) if (!indexOf.has(node)) visit(node);
  return circles.filter(({ length }) => length > 1).sort((one, other) => other.length - one.length);
}

export function figuresOfHouse() {
  const [rust, scripts] = [filesBelow('src', '.rs'), filesBelow('js', '.js')];
  const codes = new Map([...rust, ...scripts].map((file) => [file, codeOf(file)]));
  const rooms = {};
  for (const file of [...rust, ...scripts]) {
    const name = file.startsWith('src/')
      ? `src/${roomOf(file)}`
      : `js/${file.split('/').length > 2 ? roomOf(file) : ''}`;
    rooms[name] ??= { files: 0, lines: 0 };
    rooms[name].files += 1;
    rooms[name].lines += codes.get(file).lines.length;
  }
  const sizes = [...codes].map(([file, { lines }]) => ({ file, lines: lines.length - 1 }));
  const functions = [...codes].flatMap(([file, { lines }]) => functionsOf(file, lines));
  const outside = [...codes].flatMap(([file, { lines }]) => touchedBy(file, lines));
  const longest = (list) => list.sort((one, other) => other.lines - one.lines);
  const needsNode = /\b(napi|sys|uv|unsafe)\b/;
  return {
    rooms,
    circles: [...circlesOf(rustArrows(rust, codes)), ...circlesOf(scriptArrows(scripts))],
    largestFiles: longest(sizes).slice(0, 5),
    functionsOverLimit: longest(functions).filter(({ lines }) => lines > MOST_LINES_OF_A_FUNCTION),
    linesOutsideNewestRoom: outside,
    bindingWithoutNode: rust.filter(
      (file) => file.startsWith('src/binding/') && !needsNode.test(codes.get(file).lines.join('\n')),
    ),
  };
}

/** The lines by which files outside the folders of the newest room name it. */
function touchedBy(file, lines) {
  if (/^(src|js)\//.test(file) && file.split('/')[1] === NEWEST_ROOM) return [];
  const names = file.endsWith('.js')
    ? new RegExp(`/${NEWEST_ROOM}/`)
    : new RegExp(`\\bmod ${NEWEST_ROOM};|\\bcrate::${NEWEST_ROOM}\\b|: ${NEWEST_ROOM},`);
  return lines.flatMap((line, at) => (names.test(line) ? [{ file, line: at + 1, text: line.trim() }] : []));
}

function print({
  rooms,
  circles,
  largestFiles,
  functionsOverLimit,
  linesOutsideNewestRoom,
  bindingWithoutNode,
}) {
  console.log('rooms (files, lines of code and comments without tests)');
  for (const [name, { files, lines }] of Object.entries(rooms)) {
    console.log(`  ${name.padEnd(16)} ${String(files).padStart(3)} ${String(lines).padStart(6)}`);
  }
  console.log(
    `circles of files: ${circles.length}, of more than ${MOST_FILES_OF_A_CIRCLE} files: ${circles.filter(({ length }) => length > MOST_FILES_OF_A_CIRCLE).length}`,
  );
  for (const circle of circles.slice(0, 8)) console.log(`  ${circle.length}: ${circle.sort().join(' ')}`);
  console.log('largest files');
  for (const { file, lines } of largestFiles) console.log(`  ${String(lines).padStart(4)} ${file}`);
  console.log(`functions over ${MOST_LINES_OF_A_FUNCTION} lines: ${functionsOverLimit.length}`);
  for (const { file, line, name, lines } of functionsOverLimit)
    console.log(`  ${String(lines).padStart(4)} ${file}:${line} ${name}`);
  console.log(
    `lines in which other files name the newest room, ${NEWEST_ROOM}: ${linesOutsideNewestRoom.length}`,
  );
  for (const { file, line, text } of linesOutsideNewestRoom) console.log(`  ${file}:${line} ${text}`);
  console.log(
    `files of src/binding/ that name neither napi nor libuv and have no unsafe: ${bindingWithoutNode.join(' ') || 'none'}`,
  );
}

if (isProgram(import.meta.url)) {
  const figures = figuresOfHouse();
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures, null, 2));
  else print(figures);
}
