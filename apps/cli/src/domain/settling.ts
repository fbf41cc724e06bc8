import { shellWord } from './shell-word.js';

/** What stands in a field for example, where the refusal has none that is better. */
const EXAMPLES: Readonly<Record<string, string>> = {
  runtime: 'python',
  port: '8080',
  command: 'python3 main.py',
};

/** Fields that a flag of `slipway init` gives. */
const FLAGS: ReadonlySet<string> = new Set([
  'runtime',
  'port',
  'command',
  'build',
  'output',
  'image',
  'dockerfile',
]);

interface Settling {
  /** The line of config.json, where the refusal shows none. */
  readonly line?: string;
  readonly next: string;
}

interface Unsettled {
  readonly field: string;
  readonly examples: Readonly<Record<string, string>>;
}

/** What the command was given already. */
interface Given {
  readonly [flag: string]: string | number | readonly string[] | undefined;
}

/** How whoever knows it says what the files of a source do not; undefined where no flag does. */
export function settling(
  directory: string,
  { field, examples }: Unsettled,
  { given, force }: { readonly given: Given; readonly force: boolean },
): Settling | undefined {
  const example = Object.hasOwn(examples, field) ? undefined : EXAMPLES[field];
  const all = example === undefined ? examples : { [field]: example };
  const named = Object.entries(all).filter(([name]) => FLAGS.has(name));
  if (named.length === 0) return undefined;
  const kept = Object.entries(given).filter(([name]) => !Object.hasOwn(all, name));
  const flags = [
    ...[...kept, ...named].map(([name, value]) => `--${name} ${wordOf(value)}`),
    ...(force ? ['--force'] : []),
  ];
  const value = field === 'port' ? example : JSON.stringify(example);
  return {
    ...(example !== undefined && { line: `"${field}": ${value}` }),
    next: `slipway init ${shellWord(directory)} ${flags.join(' ')}`,
  };
}

const wordOf = (value: Given[string]): string =>
  shellWord(typeof value === 'object' ? value.join(' ') : String(value));
