import { SourceRefusal } from '../refusal.js';
import { WORKDIR } from '../steps.js';
import { dependencyOf } from './dependencies.js';
import { joined } from './paths.js';

/** Packages that have files for one other system alone, and so none that pip could install here. */
const OF_OTHER_SYSTEMS: readonly (readonly [system: string, names: RegExp])[] = [
  ['Windows', /^(?:pywin32|pypiwin32|pywinpty|windows-curses|tensorflow-intel|winrt-.+)$/],
  ['macOS', /^(?:pyobjc|pyobjc-core|pyobjc-framework-.+|tensorflow-macos|tensorflow-metal)$/],
];

/** A path of Windows, which no source has. */
const OF_WINDOWS = /(?:^|file:(?:\/\/\/?)?)(?:[A-Za-z]:[\\/]|\\\\)/;

/**
 * Refuses what a `pip freeze` of another machine wrote down and no index has.
 * @param text as pip reads it, such as `flask==3.1.0`
 * @param namedBy the file that names it
 * @throws SourceRefusal which names the package
 */
export function refuseUninstallable(text: string, namedBy: string): void {
  if (OF_WINDOWS.test(text.replace(/^.*@\s*/, ''))) throw byPath(text, namedBy);
  const name = dependencyOf(text)?.name ?? '';
  if (name === 'pkg-resources' && /==\s*0\.0\.0\b/.test(text)) throw leftover(namedBy);
  // With a marker it says itself where it is installed.
  if (text.includes(';')) return;
  const [system] = OF_OTHER_SYSTEMS.find(([, names]) => names.test(name)) ?? [];
  if (system !== undefined) throw ofOtherSystem(name, system, namedBy);
}

/**
 * Where a package by its path lies in the source, without a `/` at the end.
 * @throws SourceRefusal where it lies elsewhere
 */
export function pathInSource(path: string, text: string, namedBy: string): string {
  if (!path.startsWith('/')) return joined('', path);
  if (!`${path}/`.startsWith(`${WORKDIR}/`)) throw byPath(text, namedBy);
  return joined('', path.slice(WORKDIR.length));
}

const leftover = (namedBy: string): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `${namedBy} names pkg-resources==0.0.0, which is no package: an older pip of Debian and Ubuntu wrote it`,
    hint: `Remove the line from ${namedBy}.`,
  });

const ofOtherSystem = (name: string, system: string, namedBy: string): SourceRefusal =>
  new SourceRefusal({
    field: 'install',
    why: `${namedBy} names ${name}, which is there for ${system} only`,
    hint: `Remove the line, or say where it is installed: \`${name}; sys_platform == "${system === 'Windows' ? 'win32' : 'darwin'}"\`.`,
  });

/** Conda writes its packages so. */
function byPath(text: string, namedBy: string): SourceRefusal {
  const [, name] = /^([\w.-]+)(?:\[[^\]]*\])?\s*@/.exec(text) ?? [];
  return new SourceRefusal({
    field: 'install',
    why: `${namedBy} names ${name ?? 'a package'} by a path of the machine on which it was written`,
    hint: 'Name it by its version: `pip list --format=freeze > requirements.txt` writes all of them so. A package of your own goes into the source, and is named by its path there.',
  });
}
