import { configJsonSchema } from '#libs/contracts';
import { fieldsOf, type JsonSchema, typeText } from './json-schema.js';
import { code, codeBlock, page, table } from './markdown.js';

function defaultOf({
  schema,
  isRequired,
}: {
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}): string {
  if (isRequired) return '**required**';
  const { default: value } = schema;
  return value === undefined || typeof value === 'object' ? '' : code(JSON.stringify(value));
}

const fieldTable = (schema: JsonSchema): string =>
  table(
    ['field', 'type', 'default', 'what it is'],
    fieldsOf(schema).map((field) => [
      code(field.path),
      typeText(field.schema),
      defaultOf(field),
      field.schema.description ?? '',
    ]),
  );

const EXAMPLE = `{
  "runtime": "python",
  "port": 8000,
  "command": ["gunicorn", "-b", "0.0.0.0:8000", "app:app"],
  "health": { "path": "/health" },
  "resources": { "cpu": 0.25, "memoryMiB": 128 }
}`;

const COMMANDS = `\`command\`, \`install\`, \`build\`, \`release\` and \`health.command\` are a list of words, or a text that is split into words as a POSIX shell splits them: at blanks, with single quotes, double quotes and backslashes.
No shell runs. So a text with one of these outside quotes is refused as \`CONFIG_INVALID\`:

- \`$VARIABLE\`, \`$(...)\` or a backtick, also inside double quotes
- \`|\`, \`&\`, \`;\`, \`<\` or \`>\`
- a pattern of files with \`*\`, \`?\` or \`[...]\`
- a word that begins with \`~/\`, \`#\` or \`(\`
- a variable before the program, as in \`A=b node server.js\`; \`env\` takes variables

Package extras (\`uvicorn[standard]\`), addresses (\`[::]:8000\`, \`http://db/?a=1&b=2\`) and the values of options (\`--allow=*\`) are taken as they are.
If a shell is to read the command, name one: \`["sh", "-c", "alembic upgrade head && exec gunicorn app:app"]\`. In the older form: \`sh -c '...'\`.`;

/** docs/reference/config-json.md, from the JSON Schema of the file. */
export function configJsonPage(): string {
  const { then: older, else: current } = configJsonSchema();
  return page('config.json', [
    "The file stands at the root of a service's source. [examples/shop](../../examples/shop) holds three.\n`slipway init` writes it from what the files of the source show.",
    codeBlock('json', EXAMPLE),
    'An editor that knows JSON Schema completes the fields if `$schema` names [config.schema.json](../config.schema.json).\nA field that is not in the table is refused, and so is a file larger than 256 KiB.\nComments (`//` and `/* */`) and a comma behind the last of a list are allowed; a key that stands twice in an object is refused.',
    fieldTable(current as JsonSchema),
    'A variable stands in `env` or in `secrets`, not in both. `PORT` is set from `port`, and no other port may stand there in `env`.',
    '## Commands',
    COMMANDS,
    '## The older form',
    'A file with `language` and without `runtime` has the older form: six strings, all required. It deploys unchanged. Other fields in it are passed over.\nSo do services whose name has `_`: see [Names](names.md#names-with-_).',
    fieldTable(older as JsonSchema),
  ]);
}
