import type { Finding } from '../build-plan.js';
import { hasFile, presentOf } from '../source-tree.js';
import {
  dependenciesOf,
  pipfileDependencies,
  poetryDependencies,
  projectDependencies,
  setupDependencies,
} from './dependencies.js';
import { keysAt, textAt, textsAt, valueAt } from './toml.js';
import { poetryRequirements } from './poetry.js';
import { requirementFile, requirementsOf } from './requirements.js';
import { byInlineScript, type InlineScript } from './inline-script.js';
import {
  byTool,
  type Installation,
  isPackage,
  itself,
  namesFolders,
  NOTHING,
  pipInstall,
  type Source,
  unlocked,
} from './installing.js';
import { pylockFile } from './manifests.js';
import { hasOwnPackage, refuseUndescribed } from './own-package.js';
import { byPylock } from './pylock.js';

/** Beside Poetry, out of the source's way. */
const EXPORTED = '/opt/poetry/requirements.txt';

function byRequirements({ tree }: Source, path: string): Installation {
  const { files, needsSource, packages } = requirementsOf(tree, path);
  const unread = presentOf(tree, ['uv.lock', 'poetry.lock', 'pdm.lock', 'pylock.toml', 'Pipfile.lock']);
  const beside: Finding[] = unread.map((lock) => ({ what: `${lock} is not read, since ${path} is there` }));
  return {
    ...NOTHING,
    found: [
      { what: 'pip', by: files.filter((file) => file.endsWith('.txt') || file === path).join(' and ') },
      ...beside,
    ],
    manifests: files,
    needsSource,
    steps: [pipInstall(['-r', path])],
    dependencies: dependenciesOf(packages),
    installsItself: needsSource,
  };
}

function byUv(source: Source): Installation {
  const { pyproject } = source.manifests;
  // Without a build system a project of uv is no package.
  const isBuilt = valueAt(pyproject, ['build-system']) !== undefined;
  const installsItself = isBuilt && isPackage(source);
  const self = installsItself ? ['--no-editable'] : ['--no-install-project'];
  return byTool(source, {
    tool: 'uv',
    by: 'uv.lock',
    argv: ['uv', 'sync', '--frozen', '--no-dev', ...self],
    manifests: ['pyproject.toml', 'uv.lock'],
    dependencies: projectDependencies(source.manifests),
    installsItself,
  });
}

/**
 * Poetry writes what it locked for pip, which installs it: `poetry install` asks PyPI for each version apart, which
 * mirrors of it do not answer.
 */
function byPoetry(source: Source): Installation {
  const { tree, manifests } = source;
  const isVirtual = valueAt(manifests.pyproject, ['tool', 'poetry', 'package-mode']) === false;
  const installsItself = !isVirtual && isPackage(source);
  const hashes = namesFolders(tree) ? ['--without-hashes'] : [];
  const installation = byTool(source, {
    tool: 'poetry',
    by: 'poetry.lock',
    argv: ['poetry', 'export', '--only', 'main', ...hashes, '--output', EXPORTED],
    manifests: ['pyproject.toml', 'poetry.lock'],
    dependencies: poetryDependencies(manifests),
    installsItself,
  });
  const itself = installsItself ? [pipInstall(['--no-deps', '.'])] : [];
  return { ...installation, steps: [...installation.steps, pipInstall(['-r', EXPORTED]), ...itself] };
}

/** Without its lock file only what pyproject.toml asks for is known: Poetry itself where that is more than pip can read. */
function byUnlockedPoetry(source: Source): Installation {
  const { manifests } = source;
  const texts = poetryRequirements(manifests.pyproject);
  const parts = { by: 'tool.poetry of pyproject.toml', dependencies: poetryDependencies(manifests) };
  if (texts !== undefined && !isPackage(source)) {
    const found = [{ what: 'pip', by: parts.by }];
    const steps = texts.length === 0 ? [] : [pipInstall(texts)];
    return unlocked({ ...NOTHING, ...parts, found, manifests: ['pyproject.toml'], steps }, 'poetry.lock');
  }
  const installation = isPackage(source)
    ? itself(source, { ...parts, backend: 'poetry' })
    : byTool(source, {
        ...parts,
        tool: 'poetry',
        argv: ['poetry', 'install', '--only', 'main', '--no-root'],
        manifests: ['pyproject.toml'],
      });
  return unlocked(installation, 'poetry.lock');
}

function byPdm(source: Source): Installation {
  const installsItself = isPackage(source);
  return byTool(source, {
    tool: 'pdm',
    by: 'pdm.lock',
    argv: ['pdm', 'sync', '--prod', installsItself ? '--no-editable' : '--no-self'],
    manifests: ['pyproject.toml', 'pdm.lock'],
    dependencies: projectDependencies(source.manifests),
    installsItself,
  });
}

function byPipenv(source: Source): Installation {
  const { tree, manifests } = source;
  const files = presentOf(tree, ['Pipfile', 'Pipfile.lock']);
  const isLocked = files.includes('Pipfile.lock');
  const locked = files.length === 2 ? ['install', '--deploy'] : ['sync'];
  const installation = byTool(source, {
    tool: 'pipenv',
    by: isLocked ? 'Pipfile.lock' : 'Pipfile',
    argv: ['pipenv', ...(isLocked ? locked : ['install', '--skip-lock'])],
    manifests: files,
    dependencies: pipfileDependencies(manifests, tree.text('Pipfile.lock')),
  });
  return isLocked ? installation : unlocked(installation, 'Pipfile.lock');
}

/** pip builds the project where it says how; else its dependencies are what there is to install. */
function byProject(source: Source): Installation {
  const { pyproject } = source.manifests;
  const dependencies = projectDependencies(source.manifests);
  const backend = textAt(pyproject, ['build-system', 'build-backend']);
  const isBuilt = valueAt(pyproject, ['build-system']) !== undefined || isPackage(source);
  if (isBuilt && hasOwnPackage(source))
    return itself(source, {
      by: 'project of pyproject.toml',
      dependencies: [...dependencies, ...poetryDependencies(source.manifests)],
      backend: backend?.split('.')[0],
    });
  const texts = textsAt(pyproject, ['project', 'dependencies']);
  return {
    ...NOTHING,
    found: [{ what: 'pip', by: 'project.dependencies of pyproject.toml' }],
    manifests: ['pyproject.toml'],
    steps: texts.length === 0 ? [] : [pipInstall(texts)],
    dependencies,
  };
}

/** By what a project is installed, the surest first. A requirements.txt is written for those who deploy. */
const WAYS: readonly (readonly [
  is: (source: Source) => boolean,
  install: (source: Source) => Installation,
])[] = [
  [({ tree }) => hasFile(tree, 'requirements.txt'), (source) => byRequirements(source, 'requirements.txt')],
  [({ tree }) => hasFile(tree, 'uv.lock') && hasFile(tree, 'pyproject.toml'), byUv],
  [({ tree }) => hasFile(tree, 'poetry.lock') && hasFile(tree, 'pyproject.toml'), byPoetry],
  [({ tree }) => hasFile(tree, 'pdm.lock') && hasFile(tree, 'pyproject.toml'), byPdm],
  [({ tree }) => pylockFile(tree) !== undefined, (source) => byPylock(source, pylockFile(source.tree) ?? '')],
  [({ tree }) => presentOf(tree, ['Pipfile', 'Pipfile.lock']).length > 0, byPipenv],
  [
    ({ manifests }) => keysAt(manifests.pyproject, ['tool', 'poetry', 'dependencies']).length > 0,
    byUnlockedPoetry,
  ],
  [({ manifests }) => valueAt(manifests.pyproject, ['project']) !== undefined, byProject],
  [
    ({ tree, manifests }) =>
      hasFile(tree, 'setup.py') || /^\[(?:metadata|options)\]/m.test(manifests.setupCfg),
    (source) => {
      const by = presentOf(source.tree, ['setup.py', 'setup.cfg'])[0] ?? '';
      return itself(source, { by, dependencies: setupDependencies(source.manifests) });
    },
  ],
];

/**
 * How the packages of a source are installed, by its manifests, else by the script that is started.
 * @throws SourceRefusal where a file is named that is not there
 */
export function installationOf(source: Source, script: InlineScript | undefined): Installation {
  const installation = found(source, script);
  // A requirement file may install another folder of the source than its root.
  const isByFile = hasFile(source.tree, 'requirements.txt');
  if (installation.installsItself && !isByFile) refuseUndescribed(source);
  return installation;
}

function found(source: Source, script: InlineScript | undefined): Installation {
  const way = WAYS.find(([is]) => is(source));
  if (way !== undefined) return way[1](source);
  const other = requirementFile(source.tree);
  if (other !== undefined) return byRequirements(source, other);
  return script === undefined ? NOTHING : byInlineScript(script);
}
