/** Fields that a flag of `slipway init` gives, and what stands there for example. */
const EXAMPLES: Readonly<Record<string, string>> = {
  runtime: 'python',
  port: '8080',
  command: 'python3 main.py',
};

interface Settling {
  /** The line of config.json. */
  readonly line: string;
  readonly next: string;
}

/** How whoever knows it says what the files of a source do not; undefined where no flag does. */
export function settling(directory: string, field: string): Settling | undefined {
  const example = EXAMPLES[field];
  if (example === undefined) return undefined;
  const value = field === 'port' ? example : JSON.stringify(example);
  const word = example.includes(' ') ? value : example;
  return { line: `"${field}": ${value}`, next: `slipway init ${directory} --${field} ${word}` };
}
