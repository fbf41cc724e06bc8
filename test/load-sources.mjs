// Lets Node itself load the TypeScript sources, in the threads of the unit tests: Vite's runner asks the main thread for
// each module, and most of a thread's time it would wait for that.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';

const root = new URL('..', import.meta.url).href;
const cache = fileURLToPath(new URL('node_modules/.cache/sources/', root));
const require = createRequire(import.meta.url);
/** As the build compiles them. */
const { jsc } = JSON.parse(readFileSync(new URL('.swcrc', root), 'utf8'));
const settings = { swcrc: false, configFile: false, sourceMaps: 'inline', inlineSourcesContent: false, jsc };
const compiler = JSON.stringify([settings, require('@swc/core/package.json').version]);

const isOurs = (url) => url.startsWith(root) && !url.includes('/node_modules/');

/** @type {Map<string, string>} The source of each module that is imported by the name that it has once it is built. */
const sources = new Map();
/** @type {Map<string, object>} What a package's name means: the same for each of our files. */
const packages = new Map();

function sourceOf(url) {
  const known = sources.get(url);
  if (known !== undefined) return known;
  const source = url.replace(/\.js$/, '.ts');
  const found = existsSync(fileURLToPath(source)) ? source : url;
  sources.set(url, found);
  return found;
}

/**
 * Vitest's own hook comes later than this one, so that it runs before it. It tells the main thread of each import, which
 * only its watch mode needs: registered again, this one runs first.
 */
let runsFirst = process.env.VITEST_MODE === 'WATCH';

function resolve(specifier, context, next) {
  const { parentURL, conditions } = context;
  if (parentURL === undefined || !isOurs(parentURL)) return next(specifier, context);
  if (!runsFirst) {
    runsFirst = true;
    registerHooks({ resolve });
  }
  if (specifier.startsWith('.')) {
    const url = sourceOf(new URL(specifier, parentURL).href);
    return url.endsWith('.ts') ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
  }
  const key = `${conditions.join()} ${specifier}`;
  const found = packages.get(key) ?? next(specifier, context);
  packages.set(key, found);
  return { ...found, shortCircuit: true };
}

/** Compiled once: kept under a name that says of what. */
function compiled(path) {
  const source = readFileSync(path, 'utf8');
  const name = createHash('sha1').update(`${compiler}\n${path}\n${source}`).digest('hex');
  const file = `${cache}${name}.js`;
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const { code } = require('@swc/core').transformSync(source, { ...settings, filename: path });
  // Renamed at the end, for another thread may read it now.
  const unfinished = `${file}.${process.pid}.${threadId}`;
  mkdirSync(cache, { recursive: true });
  writeFileSync(unfinished, code);
  renameSync(unfinished, file);
  return code;
}

function load(url, context, next) {
  // Vitest names a spec with a query.
  const [file] = url.split('?');
  if (!file.endsWith('.ts') || !isOurs(file)) return next(url, context);
  return { format: 'module', source: compiled(fileURLToPath(file)), shortCircuit: true };
}

registerHooks({ resolve, load });
