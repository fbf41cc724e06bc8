interface RefusalParts {
  /** `CONFIG_INVALID` where config.json is at fault, whatever the files show. */
  readonly code?: RefusalCode;
  /** The field of config.json that would settle it. */
  readonly field: string;
  /** What was found, and why it cannot be built or started. A sentence without its full stop. */
  readonly why: string;
  /** What to write into the field, or to change in the source. */
  readonly hint: string;
  /** By field, what could stand there for a source like this one. */
  readonly examples?: Readonly<Record<string, string>>;
}

type RefusalCode = 'SOURCE_UNCLEAR' | 'CONFIG_INVALID';

/** The examples, as the lines of config.json that they are. */
function shownLines(examples: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries(examples).map(([field, value]) => `"${field}": ${JSON.stringify(value)}`);
  if (lines.length === 0) return [];
  const begin = lines.length === 1 ? 'that is a line such as' : 'these are lines such as';
  return [`In config.json ${begin} ${lines.join(' and ')}.`];
}

/** The source cannot be served as it is: said before anything is built. Holds no value of a file that may be secret. */
export class SourceRefusal extends Error {
  readonly code: RefusalCode;
  readonly field: string;
  readonly hint: string;
  readonly examples: Readonly<Record<string, string>>;

  constructor({ code = 'SOURCE_UNCLEAR', field, why, hint, examples = {} }: RefusalParts) {
    super(`config.json: ${field}: ${why}`);
    this.name = 'SourceRefusal';
    this.code = code;
    this.field = field;
    this.hint = [hint, ...shownLines(examples)].join(' ');
    this.examples = examples;
  }
}
