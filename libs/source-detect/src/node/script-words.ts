import { commandWords } from '#libs/contracts';
import type { PackageJson } from './package-json.js';

/** `npm run start:prod`, `yarn serve`, `pnpm start`: the name of the script; undefined for any other program. */
export function scriptNamed(
  words: readonly string[],
  { scripts }: Pick<PackageJson, 'scripts'>,
): string | undefined {
  const [program = '', ...rest] = words;
  if (!['npm', 'yarn', 'pnpm', 'bun'].includes(program)) return undefined;
  const names = rest[0] === 'run' ? rest.slice(1) : rest;
  const [name] = names;
  return names.length === 1 && name !== undefined && Object.hasOwn(scripts, name) ? name : undefined;
}

/** No shell looks for files in the value of a variable: `DEBUG=app:*` is what it says. */
const VARIABLES = /^(?:[A-Za-z_]\w*=[\w./:@+,*?-]*\s+)+/;

/**
 * The words of a script that needs no shell, with its variables behind `env`; undefined where it does. `cross-env` is
 * `env` for other systems than Linux.
 */
export function wordsOfScript(script: string): readonly string[] | undefined {
  const text = script.trim().replace(/^(?:cross-env|exec)\s+/, '');
  const variables = VARIABLES.exec(text)?.[0].trim().split(/\s+/) ?? [];
  const split = commandWords(text.replace(VARIABLES, ''));
  if (!('words' in split)) return undefined;
  return variables.length === 0 ? split.words : ['env', ...variables, ...split.words];
}

/** Without what only sets variables. */
export function programOf(words: readonly string[]): readonly string[] {
  const [first] = words;
  if (first !== 'env') return words;
  const program = words.findIndex((word, place) => place > 0 && !/^[A-Za-z_]\w*=/.test(word));
  return program === -1 ? [] : words.slice(program);
}

/** What a script runs at last, through the scripts that it calls. */
export function lastWords(
  words: readonly string[],
  root: Pick<PackageJson, 'scripts'>,
  depth = 0,
): readonly string[] | undefined {
  const name = scriptNamed(programOf(words), root);
  if (name === undefined) return words;
  if (depth > 4 || words[0] === 'env' || hasHooks(name, root)) return undefined;
  const next = wordsOfScript(root.scripts[name] ?? '');
  return next === undefined ? undefined : lastWords(next, root, depth + 1);
}

/** Whether package managers run something before or behind the script. */
export const hasHooks = (name: string, { scripts }: Pick<PackageJson, 'scripts'>): boolean =>
  Object.hasOwn(scripts, `pre${name}`) || Object.hasOwn(scripts, `post${name}`);
