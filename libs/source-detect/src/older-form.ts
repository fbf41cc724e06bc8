import type { ServiceConfig } from '#libs/contracts';
import type { Finding, StepsPlan } from './build-plan.js';
import { SourceRefusal } from './refusal.js';
import { hasFile, presentOf, type SourceTree } from './source-tree.js';
import { emptyPlan, stepOf } from './steps.js';

type OlderForm = NonNullable<ServiceConfig['legacy']>;

const CACHES: Readonly<Record<string, string>> = { python: '/root/.cache/pip', node: '/root/.npm' };

/** What belongs to the file of packages, where that is one of Node.js. */
const BESIDE = ['package-lock.json', 'npm-shrinkwrap.json', '.npmrc'];

/** An image may bring packages of its own, which the first deployer's services found. */
const VENV = '/opt/venv';
const WITH_VENV: Pick<StepsPlan, 'setUp' | 'env'> = {
  setUp: [{ argv: ['python3', '-m', 'venv', '--system-site-packages', VENV] }],
  env: { PATH: `${VENV}/bin:$PATH`, PYTHONUNBUFFERED: '1' },
};

/**
 * The older form of config.json: its base image, the whole source in its working folder, and nothing installed unless
 * it says so. Paths may be absolute within the working folder.
 */
export function olderFormPlan(tree: SourceTree, config: ServiceConfig, legacy: OlderForm): StepsPlan {
  const { runtime } = config;
  const { workdir, baseImage, packagesFile } = legacy;
  refuseMissing(tree, config, legacy);
  const manifests = manifestsOf(tree, legacy);
  const install = stepOf(config.install, runtime === undefined ? undefined : CACHES[runtime]);
  const isEnough = manifests.length > 0 && readsOnly(manifests, tree, config.install ?? [], workdir);
  return {
    ...emptyPlan({ image: baseImage }),
    workdir,
    ...(runtime === 'python' && WITH_VENV),
    ...(runtime === 'node' && { runEnv: { NODE_ENV: 'production' } }),
    manifests: isEnough ? manifests : [],
    installNeedsSource: !isEnough && install.length > 0,
    install,
    command: config.command,
    found: [
      { what: `image ${baseImage}`, by: 'language of config.json' },
      ...(install.length === 0 ? [] : [installedFinding(packagesFile)]),
    ],
  };
}

/** An absolute path elsewhere may be one of the base image. */
function refuseMissing(tree: SourceTree, { install = [] }: ServiceConfig, legacy: OlderForm): void {
  const { packagesFile, workdir } = legacy;
  const file = withinSource(packagesFile, workdir);
  const isElsewhere =
    packagesFile.startsWith('/') && !packagesFile.startsWith(`${workdir.replace(/\/+$/, '')}/`);
  if (file === '' || isElsewhere || hasFile(tree, file)) return;
  if (!install.some((word) => withinSource(word, workdir) === file)) return;
  throw new SourceRefusal({
    field: 'packages_file_path',
    why: `${file} is not in the source, and package_installation_cmd installs it`,
    hint: 'Add the file, or correct its path in both fields. Where nothing is to be installed, leave both empty.',
  });
}

const installedFinding = (packagesFile: string): Finding => ({
  what: packagesFile === '' ? 'packages' : `packages of ${packagesFile}`,
  by: 'package_installation_cmd of config.json',
});

/** `/myapp/req.txt` and `./req.txt` in `/myapp` are both `req.txt` of the source. */
function withinSource(path: string, workdir: string): string {
  const folder = `${workdir.replace(/\/+$/, '')}/`;
  const relative = path.startsWith(folder) ? path.slice(folder.length) : path;
  return relative
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function manifestsOf(tree: SourceTree, { packagesFile, workdir }: OlderForm): readonly string[] {
  const file = withinSource(packagesFile, workdir);
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const beside = file.endsWith('package.json') ? BESIDE.map((name) => `${folder}${name}`) : [];
  return presentOf(tree, [file, ...beside]);
}

/** A line of requirements that names another file or folder, and what npm reads or runs besides its manifest. */
const READS_MORE =
  /^\s*(?:-[rcef]\b|--(?:requirement|constraint|editable|find-links)\b|\.{0,2}\/|\.\s*$)|"(?:(?:pre|post)?install|prepare|workspaces)"\s*:|"(?:file|link):/m;

/** Whether the installation needs none of the source but these: else a change of code would be built from the start. */
function readsOnly(
  manifests: readonly string[],
  tree: SourceTree,
  install: readonly string[],
  workdir: string,
): boolean {
  if (manifests.some((path) => READS_MORE.test(tree.text(path) ?? ''))) return false;
  return install.every((word) => {
    // A script, or several words in one.
    if (/\s/.test(word)) return false;
    const path = withinSource(word, workdir);
    if (word !== '' && path === '') return false;
    const isOfSource = tree.paths.some((one) => one === path || one.startsWith(`${path}/`));
    return !isOfSource || manifests.includes(path);
  });
}
