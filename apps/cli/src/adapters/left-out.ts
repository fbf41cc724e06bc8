import { DOCKERFILES } from '#libs/contracts';
import ignore, { type Ignore } from 'ignore';
import { BY_DEFAULT } from '../domain/left-out.js';
import { type CopiedSources, copiedBy } from './dockerfile-copies.js';

/** What never belongs in a source: what others make again, what is a secret, what an editor or a system leaves. */
const NEVER = [
  ...['.git', '.hg', '.svn', '.bzr', '.jj'],
  ...['node_modules', 'bower_components', '.pnpm-store'],
  ...['venv', '.venv', '__pycache__', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.tox', '.nox'],
  ...['.ipynb_checkpoints', '.gradle', '.terraform'],
  ...['.env', '.env.*', '!.env.example', '!.env.sample', '!.env.template', '!.env.dist', '.envrc'],
  ...['.ssh', '.aws', '.gnupg', '.netrc', 'id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519'],
  ...['.direnv', '.slipway'],
  ...['.DS_Store', '__MACOSX', 'Thumbs.db', 'desktop.ini'],
];

/** The deployer needs them, whatever a file says that was written for other programs. */
const ALWAYS = ['config.json', '.dockerignore', ...DOCKERFILES];

export interface LeaveOut {
  /** What leaves it out, or undefined. `path` is relative, with `/` behind a folder's. */
  by(path: string): string | undefined;
  /** Whether a folder that is left out may hold something that is not. */
  mayHoldMore(folder: string): boolean;
  /** Whether the Dockerfile copies just this. */
  isCopiedByName(path: string): boolean;
  /** With the `.gitignore` of a folder, whose path ends with `/`; undefined where those of folders do not count. */
  withGitignore?(folder: string, text: string): LeaveOut;
}

interface Patterns {
  readonly ignores: (path: string) => boolean;
  /** Below what is ignored; each a path with patterns in it. */
  readonly exceptions: readonly string[];
}

const patternsOf = (): Ignore => ignore({ ignorecase: false, allowRelativePaths: true });
const never = patternsOf().add(NEVER);

/** Whether a folder or file of this name never belongs in a source. */
export const neverBelongs = (name: string): boolean => never.ignores(name);

interface NamedText {
  /** Relative to the root of the source. */
  readonly name: string;
  readonly text: string;
}

interface SourceTexts {
  readonly ignoreFile?: NamedText;
  readonly dockerfile?: NamedText;
}

const GITIGNORE = '.gitignore';

/** Names of ignore files: of the first that there is, the patterns hold. `dockerfile` is the one that is built. */
export const ignoreFilesFor = (dockerfile: string | undefined): readonly string[] => [
  '.slipwayignore',
  ...(dockerfile === undefined ? [] : [ownDockerignore(dockerfile)]),
  '.dockerignore',
  GITIGNORE,
];

const ownDockerignore = (dockerfile: string): string => `${dockerfile}.dockerignore`;

/** What is left out of a source with this ignore file and this Dockerfile. */
export async function leaveOut({ ignoreFile, dockerfile }: SourceTexts): Promise<LeaveOut> {
  const { name, text } = ignoreFile ?? { name: GITIGNORE, text: '' };
  const parts = {
    name,
    copied: copiedBy(dockerfile?.text ?? ''),
    // Only who writes for Slipway can bring back what never belongs.
    unlessBack: name === '.slipwayignore' ? patternsOf().add(NEVER).add(text) : never,
    always: new Set([
      ...ALWAYS,
      ...(dockerfile === undefined ? [] : [dockerfile.name, ownDockerignore(dockerfile.name)]),
    ]),
  };
  if (name === GITIGNORE) return byGit(parts, [{ folder: '', text }]);
  return leavingOut(parts, name.endsWith('.dockerignore') ? await dockerPatterns(text) : gitPatterns(text));
}

interface Parts {
  /** Of the ignore file. */
  readonly name: string;
  readonly copied: CopiedSources;
  readonly unlessBack: Ignore;
  readonly always: ReadonlySet<string>;
}

function leavingOut({ name, copied, unlessBack, always }: Parts, own: Patterns): LeaveOut {
  const kept = [
    ...always,
    ...copied.filter(({ isAll }) => !isAll).map(({ source }) => source),
    ...own.exceptions,
  ];
  const isCopiedByName = (path: string): boolean => copiedByName(copied, path);
  return {
    by(path) {
      if (always.has(path)) return undefined;
      if (never.ignores(path) && unlessBack.ignores(path) && !isCopiedByName(path)) return BY_DEFAULT;
      if (!own.ignores(path)) return undefined;
      // A Dockerfile was written without a look at .gitignore, which docker build does not read.
      return name === GITIGNORE && copied.some(({ matches }) => matches(path)) ? undefined : name;
    },
    mayHoldMore: (folder) => kept.some((path) => liesWithin(path, folder)),
    isCopiedByName,
  };
}

interface Gitignore {
  /** Where it lies: empty for the root, else with `/` at its end. */
  readonly folder: string;
  readonly text: string;
}

/** Git reads the `.gitignore` of each folder: the deepest one that says something of a path counts. */
function byGit(parts: Parts, files: readonly Gitignore[]): LeaveOut {
  const layers = files.map(({ folder, text }) => ({ folder, patterns: patternsOf().add(text) }));
  const said = (path: string): boolean | undefined => {
    for (const { folder, patterns } of layers.toReversed()) {
      if (!path.startsWith(folder) || path === folder) continue;
      const { ignored, unignored } = patterns.test(path.slice(folder.length));
      if (ignored || unignored) return ignored;
    }
    return undefined;
  };
  return {
    ...leavingOut(parts, { ignores: (path) => said(path) === true, exceptions: [] }),
    withGitignore: (folder, text) => byGit(parts, [...files, { folder, text }]),
  };
}

function gitPatterns(text: string): Patterns {
  const patterns = patternsOf().add(text);
  return { ignores: (path) => patterns.ignores(path), exceptions: [] };
}

/** As docker build reads them. `path` may end with the `/` of a folder. */
async function dockerPatterns(text: string): Promise<Patterns> {
  const { dockerExceptions, dockerIgnores } = await import('#libs/source-detect'); // Not at the start: it reads file formats.
  const rules = text.replace(/^\uFEFF/, '');
  const ignores = dockerIgnores(rules, 'Dockerfile');
  return { ignores: (path) => ignores(path.replace(/\/$/, '')), exceptions: dockerExceptions(rules) };
}

/** `COPY src ./` does not mean `src/node_modules`; `COPY src/node_modules ./` does. */
function copiedByName(copied: CopiedSources, path: string): boolean {
  const segments = path.replace(/\/$/, '').split('/');
  const isNever = (depth: number): boolean => never.ignores(segments.slice(0, depth).join('/'));
  const depths = segments.map((_, index) => index + 1);
  const above = segments.slice(0, (depths.find(isNever) ?? segments.length) - 1).join('/');
  return copied.some(
    ({ isAll, matches }) => !isAll && matches(path) && (above === '' || !matches(`${above}/`)),
  );
}

/** Whether `pattern` may name something within the folder. */
function liesWithin(pattern: string, folder: string): boolean {
  const parts = pattern.split('/');
  const above = folder.replace(/\/$/, '').split('/');
  const depth = parts.indexOf('**');
  const fixed = depth === -1 ? parts : parts.slice(0, depth);
  const agrees = above.every(
    (name, index) => fixed[index] === undefined || /[*?[\\]/.test(fixed[index]) || fixed[index] === name,
  );
  return agrees && (depth !== -1 || parts.length > above.length);
}
