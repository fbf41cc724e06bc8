import type { Dependency } from './dependencies.js';
import { type Framework, FRAMEWORKS, imports } from './frameworks.js';
import type { Module } from './modules.js';
import type { Interface, Target } from './servers.js';

/** An app that a file names, and the framework that it is made with. */
export interface App {
  readonly module: Module;
  readonly target: Omit<Target, 'speaks'> & { readonly speaks: Framework['speaks'] };
  /** `Flask`; `WSGI` where it is made by hand. */
  readonly framework: string;
}

const NAMES = ['app', 'application', 'api', 'server', 'asgi', 'wsgi'];
const FACTORIES = ['create_app', 'make_app', 'build_app', 'create_application', 'get_app', 'get_application'];

const nameRank = (name: string): number => (NAMES.includes(name) ? NAMES.indexOf(name) : NAMES.length);

/** What is assigned at the left margin, by what makes it. */
export function assigned(text: string, makers: readonly string[]): string | undefined {
  const made = makers.map((maker) => maker.replaceAll('.', '\\.')).join('|');
  const pattern = new RegExp(`^(\\w+)(?:\\s*:\\s*[\\w.]+)?\\s*=\\s*(?:\\w+\\.)*(?:${made})\\(`, 'gm');
  const names = [...text.matchAll(pattern)].map(([, name = '']) => name);
  return names.sort((a, b) => nameRank(a) - nameRank(b))[0];
}

const frameworkIn = (text: string): Framework | undefined =>
  FRAMEWORKS.find(({ module }) => imports(text, module));

const frameworkAmong = (dependencies: readonly Dependency[]): Framework | undefined =>
  FRAMEWORKS.find(({ module }) => dependencies.some(({ name }) => name === module));

/** `from shop import app as application`, in a file that is there for servers. */
function imported({ path, text }: Module): string | undefined {
  if (!/(?:^|\/)[aw]sgi\.py$/.test(path)) return undefined;
  const lists = text.matchAll(/^from[ \t]+[\w.]+[ \t]+import[ \t]+(\([^)]*\)|.*)$/gm);
  const names = [...lists].flatMap(([, list = '']) =>
    list.split(',').map((each) => /(\w+)[\s)]*$/.exec(each)?.[1]),
  );
  return NAMES.find((name) => names.includes(name));
}

/** Interfaces that are served without a framework. */
const BY_HAND: readonly (readonly [Interface, RegExp])[] = [
  ['wsgi', /^def\s+(\w+)\(\s*environ\b[^,)]*,\s*start_response\b/m],
  ['asgi', /^async\s+def\s+(\w+)\(\s*scope\b[^,)]*,\s*receive\b[^,)]*,\s*send\b/m],
];

type Finder = (module: Module, usual: Framework | undefined) => App | undefined;

const byFramework: Finder = (module) => {
  for (const framework of FRAMEWORKS.filter((each) => imports(module.text, each.module))) {
    const name = assigned(module.text, framework.makes);
    if (name !== undefined) return appOf(module, name, framework);
  }
  return undefined;
};

const byCalledFactory: Finder = (module, usual) => {
  const framework = frameworkIn(module.text) ?? usual;
  const name = assigned(module.text, FACTORIES) ?? imported(module);
  return name === undefined || framework === undefined ? undefined : appOf(module, name, framework);
};

const byHand: Finder = (module) => {
  for (const [speaks, pattern] of BY_HAND) {
    const [, name] = pattern.exec(module.text) ?? [];
    if (name !== undefined)
      return {
        module,
        target: { name: `${module.name}:${name}`, isFactory: false, speaks },
        framework: speaks.toUpperCase(),
      };
  }
  return undefined;
};

/** Dash keeps its Flask app in `server`. */
const byDash: Finder = (module) => {
  const [, name] = /^(\w+)\s*=\s*\w+\.server\s*$/m.exec(module.text) ?? [];
  return name === undefined || !imports(module.text, 'dash')
    ? undefined
    : appOf(module, name, { name: 'Dash', module: 'dash', makes: [], speaks: 'wsgi' });
};

/** A function that makes the app, and can be called without arguments. */
const byFactory: Finder = (module, usual) => {
  const [, name, parameters = ''] =
    new RegExp(`^def\\s+(${FACTORIES.join('|')})\\(([^)]*)\\)`, 'm').exec(module.text) ?? [];
  const framework = frameworkIn(module.text) ?? usual;
  const needed = parameters.split(',').filter((each) => each.trim() !== '' && !/[=*]/.test(each));
  if (name === undefined || framework === undefined || needed.length > 0) return undefined;
  return appOf(module, name, framework, true);
};

const appOf = (
  module: Module,
  name: string,
  { name: framework, speaks }: Framework,
  isFactory = false,
): App => ({
  module,
  target: { name: `${module.name}:${name}`, isFactory, speaks },
  framework,
});

/** The app of a source: one that is made already, else a function that makes one. */
export function appAmong(modules: readonly Module[], dependencies: readonly Dependency[]): App | undefined {
  const usual = frameworkAmong(dependencies);
  const importable = modules.filter((module) => !isHidden(module, modules));
  const made = firstApp(
    importable,
    (module) =>
      byFramework(module, usual) ??
      byCalledFactory(module, usual) ??
      byDash(module, usual) ??
      byHand(module, usual),
  );
  return made ?? firstApp(importable, (module) => byFactory(module, usual));
}

/** A package takes the name of a file beside it. */
const isHidden = ({ path }: Module, modules: readonly Module[]): boolean =>
  modules.some((other) => other.path === path.replace(/\.py$/, '/__init__.py'));

function firstApp(modules: readonly Module[], find: (module: Module) => App | undefined): App | undefined {
  for (const module of modules) {
    const app = find(module);
    if (app !== undefined) return app;
  }
  return undefined;
}
