import type { Finding } from '../build-plan.js';
import { hasFile, type SourceTree } from '../source-tree.js';
import { folderOf } from './paths.js';
import type { Interface } from './servers.js';

/** A project of Django, as its manage.py shows it. */
export interface Django {
  readonly managePy: string;
  /** The folder of manage.py that must be on PYTHONPATH; undefined where it is the root. */
  readonly searched?: string;
  /** What its servers use, where manage.py would use others: those of development. */
  readonly serverSettings?: string;
  /** `mysite.wsgi:application`, by interface; undefined where there is none. */
  readonly targets: Readonly<Record<Interface, string | undefined>>;
  /** The texts of its settings, joined. */
  readonly settingsText: string;
}

const SETTINGS = /DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']/;

/** manage.py at the root, else the only one in a folder. */
function managePyOf({ paths }: SourceTree): string | undefined {
  if (paths.includes('manage.py')) return 'manage.py';
  const below = paths.filter((path) => /^[^/.]+(?:\/[^/.]+)?\/manage\.py$/.test(path));
  return below.length === 1 ? below[0] : undefined;
}

/** Its settings, its WSGI and ASGI modules, from manage.py on. */
export function djangoOf(tree: SourceTree, env: Readonly<Record<string, string>>): Django | undefined {
  const managePy = managePyOf(tree);
  const own = SETTINGS.exec(tree.text(managePy ?? '') ?? '')?.[1];
  const settings = env['DJANGO_SETTINGS_MODULE'] ?? own;
  if (managePy === undefined || settings === undefined) return undefined;
  const folder = folderOf(managePy);
  const settingsText = settingsTextOf(tree, folder, settings);
  const parts = { folder, settings, settingsText };
  const targets = {
    wsgi: targetOf(tree, { ...parts, speaks: 'wsgi' }),
    asgi: targetOf(tree, { ...parts, speaks: 'asgi' }),
  };
  const served = Object.values(targets)
    .map((target) => settingsIn(tree, folder, target))
    .find(Boolean);
  const isOther = env['DJANGO_SETTINGS_MODULE'] === undefined && served !== undefined && served !== own;
  return {
    managePy,
    ...(folder !== '' && { searched: folder.slice(0, -1) }),
    ...(isOther && { serverSettings: served }),
    settingsText: isOther ? `${settingsText}\n${settingsTextOf(tree, folder, served)}` : settingsText,
    targets,
  };
}

function settingsIn(tree: SourceTree, folder: string, target: string | undefined): string | undefined {
  const module = target?.split(':')[0]?.replaceAll('.', '/');
  return SETTINGS.exec(tree.text(`${folder}${module ?? ''}.py`) ?? '')?.[1];
}

/** A module, or every module of a package: settings are split into base, production and so on. */
function settingsTextOf(tree: SourceTree, folder: string, settings: string): string {
  const path = `${folder}${settings.replaceAll('.', '/')}`;
  const parent = folderOf(path);
  const isPackage = /\/(?:settings|conf|config)\/$/.test(`/${parent}`);
  const files = tree.paths.filter(
    (each) =>
      each === `${path}.py` ||
      (each.startsWith(`${path}/`) && each.endsWith('.py')) ||
      (isPackage && folderOf(each) === parent && each.endsWith('.py')),
  );
  return files.map((each) => tree.text(each) ?? '').join('\n');
}

interface TargetParts {
  readonly folder: string;
  readonly settings: string;
  readonly settingsText: string;
  readonly speaks: Interface;
}

/** What the settings name, else the module beside them. */
function targetOf(
  tree: SourceTree,
  { folder, settings, settingsText, speaks }: TargetParts,
): string | undefined {
  const [, module, name] =
    new RegExp(`^${speaks.toUpperCase()}_APPLICATION\\s*=\\s*["']([\\w.]+)\\.(\\w+)["']`, 'm').exec(
      settingsText,
    ) ?? [];
  if (module !== undefined && name !== undefined) return `${module}:${name}`;
  const parts = settings.split('.');
  const packages = parts
    .map((_, index) => parts.slice(0, parts.length - 1 - index))
    .filter((each) => each.length > 0);
  const found = packages.find((each) => hasFile(tree, `${folder}${each.join('/')}/${speaks}.py`));
  return found === undefined ? undefined : `${found.join('.')}.${speaks}:application`;
}

/** Its static files can be collected: where to is set, and the app that does it is there. */
export const collectsStatic = ({ settingsText }: Django): boolean =>
  /^[ \t]*STATIC_ROOT\s*(?::[^=]+)?=\s*(?!None\b)/m.test(settingsText) &&
  settingsText.includes('django.contrib.staticfiles');

/** A list that is written out: of texts alone. */
const LITERAL = /^\[((?:\s|,|#.*\n|'[^'\n]*'|"[^"\n]*")*)\]/;

/** Django answers any other host with 400, which its address on a node is. Told where one list alone says so. */
export function hostsOf({ settingsText }: Django): readonly Finding[] {
  const lists = [...settingsText.matchAll(/^[ \t]*ALLOWED_HOSTS\b.*/gm)];
  const [only] = lists;
  if (only === undefined || lists.length > 1) return [];
  const value = settingsText.slice(only.index).replace(/^[^=]*=\s*/, '');
  const written = LITERAL.exec(value)?.[1];
  if (written === undefined) return [];
  const hosts = [...written.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, one, other]) => one ?? other ?? '');
  if (hosts.includes('*')) return [];
  const names = hosts.length === 0 ? 'localhost' : hosts.slice(0, 5).join(', ');
  return [{ what: `it answers at no other host than ${names}`, by: 'ALLOWED_HOSTS of its settings' }];
}

/** By the name of a secret, a text that settings can read as what it is. */
const STAND_INS: readonly (readonly [RegExp, string])[] = [
  [/(?:DATABASE|DB)\w*UR[IL]$/, 'sqlite:///:memory:'],
  [/(?:REDIS|BROKER|CACHE|CELERY)\w*UR[IL]$/, 'redis://127.0.0.1:6379/0'],
  [/UR[IL]$/, 'http://127.0.0.1/'],
];

/** `NAME=text` for each secret that the settings read: a build has none of them, and any will do to collect files. */
export const standInsFor = ({ settingsText }: Django, secrets: readonly string[]): readonly string[] =>
  secrets
    .filter((name) => new RegExp(`["']${name}["']`).test(settingsText))
    .map(
      (name) =>
        `${name}=${STAND_INS.find(([pattern]) => pattern.test(name))?.[1] ?? 'not-known-to-the-build'}`,
    );
