import { commandWords } from '#libs/contracts';
import { findingsText, type Proposal } from '#libs/source-detect';
import { envLines, siteEnvLines } from './env-names.js';
import { shownText } from './terminal-text.js';

/** The fields of a config.json that a proposal makes, in their order. */
export function configFields({
  runtime,
  port,
  command,
  build,
  output,
  fallback,
  image,
  dockerfile,
  health,
}: Proposal): Readonly<Record<string, unknown>> {
  return {
    ...(runtime !== undefined && { runtime: runtime.value }),
    ...(port !== undefined && { port: port.value }),
    ...(image !== undefined && { image: image.value }),
    ...(dockerfile !== undefined && { dockerfile: dockerfile.value }),
    ...(build !== undefined && { build: build.value }),
    ...(output !== undefined && { output: output.value }),
    ...(fallback !== undefined && { fallback: fallback.value }),
    ...(command !== undefined && { command: command.value }),
    ...(health !== undefined && { health: { path: health.value } }),
  };
}

const NO_HEALTH = [
  '// No health path was found: the service counts as running once its port accepts connections.',
  '// Better is a path that answers 2xx or 3xx when the service is well:',
  '// "health": { "path": "/health" },',
];

/**
 * The text of a config.json that says by what each field was found. Names of files are in it.
 * @param envNames variables of a file that is not sent
 */
export function configFileText(proposal: Proposal, envNames: readonly string[]): string {
  const { runtime, port, image, dockerfile, build, output, fallback, command, starts, health, found } =
    proposal;
  const lines = [
    ...fieldLines('runtime', runtime),
    ...portLines(proposal),
    ...fieldLines('image', image),
    ...fieldLines('dockerfile', dockerfile),
    ...fieldLines('build', build),
    ...fieldLines('output', output),
    ...fieldLines('fallback', fallback),
    ...fieldLines('command', command),
    ...(starts === undefined
      ? []
      : [`// It is started so, as found out; to start it otherwise:`, `// "command": ${spaced(starts)},`]),
    ...(health === undefined
      ? noHealth(port)
      : fieldLines('health', { ...health, value: { path: health.value } })),
    ...databaseLines(proposal),
    ...(runtime?.value === 'static' ? siteEnvLines(envNames) : envLines(envNames)),
    '',
    '// Found out anew at each deployment:',
    ...found.map((one) => `// - ${shownText(findingsText([one]))}`),
    '// What it may use, if not so much:',
    '// "resources": { "cpu": 0.25, "memoryMiB": 256 },',
  ];
  const body = lines.map((line) => (line === '' ? line : `  ${line}`));
  return `// Written by slipway init. docs/reference/config-json.md describes every field.\n{\n${body.join('\n')}\n}\n`;
}

/** What nobody can know from files: whether migrations should run, and whether data is to stay. */
function databaseLines({ migrations, sqlite }: Proposal): readonly string[] {
  return [
    ...(migrations === undefined
      ? []
      : [
          `// It has migrations, by ${shownText(migrations.by ?? '')}. To run them once for each release, before it starts:`,
          `// "release": ${commandText(shownText(migrations.value))},`,
        ]),
    ...(sqlite === undefined
      ? []
      : [
          `// It uses SQLite, by ${shownText(sqlite)}. Without a volume its data is gone with each instance. The file has to lie below the path:`,
          '// "volumes": [{ "name": "data", "path": "/app/data" }],',
        ]),
  ];
}

/** A line that needs a shell, as those of a Procfile may, names it. */
const commandText = (line: string): string =>
  'words' in commandWords(line) ? JSON.stringify(line) : spaced(['sh', '-c', line]);

function portLines({ port, runtime }: Proposal): readonly string[] {
  if (port === undefined)
    return ['// No port: nothing in it serves one, so it is a worker. It succeeds if it stays up.'];
  if (runtime?.value === 'static') return fieldLines('port', port);
  const told = 'the service finds it in the variable PORT';
  return fieldLines('port', port, [port.by === undefined ? `${whyUsual(runtime)}: ${told}` : told]);
}

const whyUsual = (runtime: Proposal['runtime']): string =>
  runtime?.value === 'dockerfile' ? 'the Dockerfile has no EXPOSE' : 'no file names a port';

/** What to look at where the port is only the usual one. A web server of ours listens on any, so there it is nothing. */
export const portNote = ({ port, runtime }: Proposal): string | undefined =>
  port === undefined || port.by !== undefined || runtime?.value === 'static'
    ? undefined
    : `${whyUsual(runtime)}: correct it if the service listens on another port`;

const noHealth = (port: Proposal['port']): readonly string[] => (port === undefined ? [] : NO_HEALTH);

interface Field {
  readonly value: unknown;
  readonly by?: string;
}

function fieldLines(
  name: string,
  field: Field | undefined,
  notes: readonly string[] = [],
): readonly string[] {
  if (field === undefined) return [];
  const said = [...(field.by === undefined ? [] : [`by ${shownText(field.by)}`]), ...notes].join('; ');
  return [...(said === '' ? [] : [`// ${said}`]), `"${name}": ${spaced(field.value)},`];
}

/** JSON in one line, with the blanks that people write. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${spaced(one)}`);
  return `{ ${fields.join(', ')} }`;
}
