import { SourceRefusal } from '../refusal.js';
import { hasFile, type SourceTree } from '../source-tree.js';
import { folderOf, joined } from './paths.js';
import { pathInSource, refuseUninstallable } from './uninstallable.js';

/** What requirement files ask for, with all that they refer to. */
export interface Requirements {
  /** Those files, and archives that they name: what pip reads. */
  readonly files: readonly string[];
  /** They install a folder of the source itself. */
  readonly needsSource: boolean;
  /** As they are written: `flask==3.1.0`, `uvicorn[standard]>=0.30`. */
  readonly packages: readonly string[];
}

const NOTHING: Requirements = { files: [], needsSource: false, packages: [] };

const together = (all: readonly Requirements[]): Requirements => ({
  files: [...new Set(all.flatMap(({ files }) => files))],
  needsSource: all.some(({ needsSource }) => needsSource),
  packages: all.flatMap(({ packages }) => packages),
});

/** Lines as pip reads them: joined at a backslash, without comments. */
function linesOf(text: string): readonly string[] {
  return text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

const OPTIONS = {
  '-r': 'file',
  '--requirement': 'file',
  '-c': 'constraints',
  '--constraint': 'constraints',
  '-e': 'package',
  '--editable': 'package',
  '-f': 'archives',
  '--find-links': 'archives',
} as const;

interface Option {
  readonly kind: (typeof OPTIONS)[keyof typeof OPTIONS];
  readonly value: string;
}

/** `-r base.txt`, `-rbase.txt`, `--requirement=base.txt`. */
function optionOf(line: string): Option | undefined {
  const [, long, longValue] = /^(--[a-z-]+)(?:\s*=\s*|\s+)(.+)$/.exec(line) ?? [];
  const [, short, shortValue] = /^(-[rcef])\s*(.+)$/.exec(line) ?? [];
  const [name, value] = long === undefined ? [short, shortValue] : [long, longValue];
  if (name === undefined || value === undefined || !Object.hasOwn(OPTIONS, name)) return undefined;
  return { kind: OPTIONS[name as keyof typeof OPTIONS], value: value.trim().replace(/^["']|["']$/g, '') };
}

const isAddress = (value: string): boolean => /^(?!file:)[a-z][a-z+]*:\/\//i.test(value);
const isArchive = (path: string): boolean => /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2)$/i.test(path);

/** The folder or archive of the source that a package is installed from. */
function localPath(line: string): string | undefined {
  const [, address] = /(?:^|@\s*)file:(?:\/\/)?(\S+)/.exec(line) ?? [];
  const path = address ?? (line.split(/\s*;|\s+--|\[/)[0] ?? '').trim();
  const isPath = address !== undefined || /^\.{0,2}\//.test(path) || path === '.' || path === '..';
  return isPath || (isArchive(path) && !line.includes('@')) ? path : undefined;
}

/** A line of a file, and what a package means there. */
interface LinePlace {
  readonly folder: string;
  readonly path: string;
  readonly packageOf: (text: string) => Requirements;
}

class RequirementReader {
  private readonly seen = new Set<string>();

  constructor(private readonly tree: SourceTree) {}

  /** @throws SourceRefusal where a file is named that is not there */
  file(path: string, namedBy: string): Requirements {
    return this.once(`-r ${path}`, () => this.read(path, namedBy, (text) => this.package(text, path)));
  }

  /**
   * Constraints choose versions of what is installed, and install nothing themselves.
   * @throws SourceRefusal where a file is named that is not there
   */
  constraints(path: string, namedBy: string): Requirements {
    const packageOf = (text: string): Requirements => this.local(text, path) ?? NOTHING;
    return this.once(`-c ${path}`, () => this.read(path, namedBy, packageOf));
  }

  /** Files may name each other in a circle. */
  private once(what: string, read: () => Requirements): Requirements {
    if (this.seen.has(what)) return NOTHING;
    this.seen.add(what);
    return read();
  }

  private read(path: string, namedBy: string, packageOf: LinePlace['packageOf']): Requirements {
    if (!hasFile(this.tree, path)) throw missing(path, namedBy);
    const folder = folderOf(path);
    const lines = linesOf(this.tree.text(path) ?? '');
    return together([
      { ...NOTHING, files: [path] },
      ...lines.map((line) => this.line(line, { folder, path, packageOf })),
    ]);
  }

  private line(line: string, { folder, path, packageOf }: LinePlace): Requirements {
    const option = optionOf(line);
    if (option === undefined) return line.startsWith('-') ? NOTHING : packageOf(line);
    if (isAddress(option.value)) return NOTHING;
    switch (option.kind) {
      case 'package':
        return packageOf(option.value);
      case 'archives':
        return this.archives(option.value, folder);
      case 'constraints':
        return this.constraints(joined(folder, option.value), path);
      case 'file':
        return this.file(joined(folder, option.value), path);
    }
  }

  package(text: string, namedBy: string): Requirements {
    refuseUninstallable(text, namedBy);
    return this.local(text, namedBy) ?? { ...NOTHING, packages: [text] };
  }

  /** Of a package that lies in the source; undefined for one that is loaded. */
  private local(text: string, namedBy: string): Requirements | undefined {
    const local = localPath(text);
    if (local === undefined) return undefined;
    const path = pathInSource(local, text, namedBy);
    if (!isArchive(path)) return this.folder(path, namedBy);
    if (!hasFile(this.tree, path)) throw missing(path, namedBy);
    return { ...NOTHING, files: [path] };
  }

  private folder(path: string, namedBy: string): Requirements {
    const isThere = path === '' || this.tree.paths.some((one) => one.startsWith(`${path}/`));
    if (!isThere) throw missing(path, namedBy, 'folder');
    return { ...NOTHING, needsSource: true };
  }

  /** pip looks beside the file, then in the working folder. */
  archives(value: string, folder: string): Requirements {
    const path = value.replace(/^file:(?:\/\/)?/, '');
    const files = [joined(folder, path), joined('', path)]
      .map((base) => (base === '' ? '' : `${base}/`))
      .map((base) => this.tree.paths.filter((each) => each.startsWith(base) && isArchive(each)));
    return { ...NOTHING, files: files.find((found) => found.length > 0) ?? [] };
  }
}

const missing = (path: string, namedBy: string, what: 'file' | 'folder' = 'file'): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `${namedBy} names ${path}, and no such ${what} is in the source`,
    hint: `Add ${path} to the source, or write the command that installs what the service needs.`,
  });

/**
 * Reads a requirement file and all that it refers to.
 * @throws SourceRefusal where a file is named that is not there
 */
export const requirementsOf = (tree: SourceTree, path: string): Requirements =>
  new RequirementReader(tree).file(path, path);

/**
 * What a `pip install` of config.json reads; undefined where it is no such command, or one that reads more.
 * @throws SourceRefusal where a file is named that is not there
 */
export function pipInstallReads(tree: SourceTree, argv: readonly string[]): Requirements | undefined {
  const start = argv.indexOf('install');
  const isPip = start > 0 && /^pip[\d.]*$/.test(argv[start - 1]?.split('/').at(-1) ?? '');
  if (!isPip || argv.some((word) => word.includes('\n'))) return undefined;
  const reader = new RequirementReader(tree);
  const all: Requirements[] = [];
  const words = argv.slice(start + 1);
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (Object.hasOwn(OPTIONS, word)) index += 1;
    const option = optionOf(Object.hasOwn(OPTIONS, word) ? `${word} ${words[index] ?? ''}` : word);
    const isOfSource = option !== undefined && !isAddress(option.value) && !option.value.startsWith('/');
    if (isOfSource && option.kind === 'file') all.push(reader.file(joined('', option.value), 'install'));
    else if (isOfSource && option.kind === 'constraints')
      all.push(reader.constraints(joined('', option.value), 'install'));
    else if (option !== undefined) return undefined;
    else if (!word.startsWith('-')) all.push(reader.package(word, 'install'));
  }
  return together(all);
}

const FOLDER = 'requirements/';
const USUAL = ['requirements/production.txt', 'requirements/prod.txt', 'requirements/base.txt'];
const AT_ROOT = [
  'requirements-prod.txt',
  'requirements-production.txt',
  'requirements_prod.txt',
  'requirements.prod.txt',
];
const NOT_FOR_SERVICES =
  /(?:dev|develop|development|local|tests?|testing|docs?|lint|ci|build|constraints)\.txt$/;

/** Files of requirements for services by their usual names, the surest first. */
export const REQUIREMENT_FILES: readonly string[] = ['requirements.txt', ...AT_ROOT, ...USUAL];

/** The file that a service is installed from: at the root, else the one in a folder of them that is meant for it. */
export function requirementFile({ paths }: SourceTree): string | undefined {
  const found = REQUIREMENT_FILES.find((path) => paths.includes(path));
  if (found !== undefined) return found;
  const others = paths.filter(
    (path) =>
      path.startsWith(FOLDER) &&
      /^[^/]+\.txt$/.test(path.slice(FOLDER.length)) &&
      !NOT_FOR_SERVICES.test(path),
  );
  return others.length === 1 ? others[0] : undefined;
}
