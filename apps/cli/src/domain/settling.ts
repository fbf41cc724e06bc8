/** What stands in a field for example, where the refusal has none that is better. */
const EXAMPLES: Readonly<Record<string, string>> = {
  runtime: 'python',
  port: '8080',
  command: 'python3 main.py',
};

/** Fields that a flag of `slipway init` gives. */
const FLAGS: ReadonlySet<string> = new Set(['runtime', 'port', 'command', 'build', 'output', 'image']);

interface Settling {
  /** The lines of config.json. */
  readonly lines: readonly string[];
  readonly next: string;
}

interface Unsettled {
  readonly field: string;
  readonly examples: Readonly<Record<string, string>>;
}

/** How whoever knows it says what the files of a source do not; undefined where no flag does. */
export function settling(directory: string, { field, examples }: Unsettled): Settling | undefined {
  const example = EXAMPLES[field];
  const all = Object.hasOwn(examples, field) || example === undefined ? examples : { [field]: example };
  const given = Object.entries(all).filter(([name]) => FLAGS.has(name));
  if (given.length === 0) return undefined;
  const flags = given.map(
    ([name, value]) => `--${name} ${/^[\w./:-]+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  return {
    lines: given.map(([name, value]) => `"${name}": ${name === 'port' ? value : JSON.stringify(value)}`),
    next: `slipway init ${directory} ${flags.join(' ')}`,
  };
}
