import type { Interface } from './servers.js';

export interface Framework {
  readonly name: string;
  /** What is imported, and the name of its package. */
  readonly module: string;
  /** What makes an app of it. */
  readonly makes: readonly string[];
  /** How a server talks with it; `own` brings its server along, and is started by its file or its own command. */
  readonly speaks: Interface | 'own';
}

/** In the order in which they are looked for: those that are built on another come first. */
export const FRAMEWORKS: readonly Framework[] = [
  { name: 'FastAPI', module: 'fastapi', makes: ['FastAPI'], speaks: 'asgi' },
  { name: 'Litestar', module: 'litestar', makes: ['Litestar'], speaks: 'asgi' },
  { name: 'Quart', module: 'quart', makes: ['Quart'], speaks: 'asgi' },
  { name: 'Falcon', module: 'falcon.asgi', makes: ['falcon.asgi.App', 'App'], speaks: 'asgi' },
  { name: 'Starlette', module: 'starlette', makes: ['Starlette'], speaks: 'asgi' },
  { name: 'Falcon', module: 'falcon', makes: ['App', 'API'], speaks: 'wsgi' },
  { name: 'Flask', module: 'flask', makes: ['Flask', 'APIFlask', 'OpenAPI'], speaks: 'wsgi' },
  { name: 'Bottle', module: 'bottle', makes: ['Bottle', 'default_app'], speaks: 'wsgi' },
  { name: 'Pyramid', module: 'pyramid', makes: ['config.make_wsgi_app'], speaks: 'wsgi' },
  { name: 'Sanic', module: 'sanic', makes: ['Sanic'], speaks: 'own' },
  { name: 'aiohttp', module: 'aiohttp', makes: ['Application'], speaks: 'own' },
];

/** A module's name may come from a folder, which may have any name. */
const escaped = (text: string): string => text.replaceAll(/[\\^$.|?*+()[\]{}/-]/g, String.raw`\$&`);

/** Whether a text imports a module, or a part of it. */
export const imports = (text: string, module: string): boolean =>
  new RegExp(
    `^[ \\t]*(?:from[ \\t]+${escaped(module)}[.\\s]|import[ \\t].*\\b${escaped(module)}\\b)`,
    'm',
  ).test(text);
