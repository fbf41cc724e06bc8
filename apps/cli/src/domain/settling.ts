/** What stands in a field for example, where the refusal has none that is better. */
const EXAMPLES: Readonly<Record<string, string>> = {
  runtime: 'python',
  port: '8080',
  command: 'python3 main.py',
};

/** Fields that a flag of `slipway init` gives. */
const FLAGS: ReadonlySet<string> = new Set(['runtime', 'port', 'command', 'build', 'output', 'image']);

interface Settling {
  /** The line of config.json, where the refusal shows none. */
  readonly line?: string;
  readonly next: string;
}

interface Unsettled {
  readonly field: string;
  readonly examples: Readonly<Record<string, string>>;
}

/** How whoever knows it says what the files of a source do not; undefined where no flag does. */
export function settling(directory: string, { field, examples }: Unsettled): Settling | undefined {
  const example = Object.hasOwn(examples, field) ? undefined : EXAMPLES[field];
  const all = example === undefined ? examples : { [field]: example };
  const flags = Object.entries(all)
    .filter(([name]) => FLAGS.has(name))
    .map(([name, value]) => `--${name} ${/^[\w./:-]+$/.test(value) ? value : JSON.stringify(value)}`);
  if (flags.length === 0) return undefined;
  const value = field === 'port' ? example : JSON.stringify(example);
  return {
    ...(example !== undefined && { line: `"${field}": ${value}` }),
    next: `slipway init ${directory} ${flags.join(' ')}`,
  };
}
