import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { images, type Image, packagesOf, portsOf } from './containers/apps.js';
import { runScript, untilInterrupted } from './run-script.js';

const usage = `Usage: npm run images -- [--app NAME ...] [--base IMAGE] [--tag TAG] [--output FILE]
Builds the image of every app with docker, and writes them to one tar for \`docker load\`.

  --app NAME     only this app; may be given again. Apps: ${images.map(({ name }) => name).join(', ')}
  --base IMAGE   Node 22 or newer on Debian, with npm (default: node:24-bookworm-slim)
  --tag TAG      of the images slipway/NAME (default: latest)
  --output FILE  the tar (default: dist/images.tar)
  --no-output    write no tar`;

interface ImagesOptions {
  readonly wanted: readonly Image[];
  readonly base: string;
  readonly tag: string;
  readonly output: string | undefined;
}

const OPTIONS = {
  app: { type: 'string', multiple: true },
  base: { type: 'string', default: 'node:24-bookworm-slim' },
  tag: { type: 'string', default: 'latest' },
  output: { type: 'string', default: 'dist/images.tar' },
  'no-output': { type: 'boolean', default: false },
} as const;

function optionsOf(args: readonly string[]): ImagesOptions | undefined {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const names = values.app ?? images.map(({ name }) => name);
    const wanted = images.filter(({ name }) => names.includes(name));
    if (wanted.length !== new Set(names).size) return undefined;
    return {
      wanted,
      base: values.base,
      tag: values.tag,
      output: values['no-output'] ? undefined : values.output,
    };
  } catch {
    return undefined;
  }
}

const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;

/** Empty where this is no clone. */
const revision = (): string =>
  spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).stdout?.trim() ?? '';

function buildArguments(image: Image, { base, tag }: ImagesOptions): readonly string[] {
  const values = {
    ...{ BASE: base, APP: image.name, PORTS: portsOf(image).join(' ') },
    PACKAGES: packagesOf(image).join(' '),
    ...{ VERSION: version, REVISION: revision() || 'unknown' },
  };
  const args = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  return ['build', '--file', 'docker/Dockerfile', ...args, '--tag', `slipway/${image.name}:${tag}`, '.'];
}

const docker = (args: readonly string[]): void => {
  execFileSync('docker', [...args], { stdio: ['ignore', 'inherit', 'inherit'] });
};

const sizeOf = (name: string): string => {
  const bytes = execFileSync('docker', ['image', 'inspect', '--format', '{{.Size}}', name], {
    encoding: 'utf8',
  });
  return `${Math.round(Number(bytes) / 1e6)} MB`;
};

/** `npm run images` */
async function main(options: ImagesOptions): Promise<void> {
  const { wanted, tag, output } = options;
  for (const image of wanted) docker(buildArguments(image, options));
  const names = wanted.map(({ name }) => `slipway/${name}:${tag}`);
  for (const name of names) console.log(`${name}: ${sizeOf(name)}`);
  if (output === undefined) return;
  mkdirSync(dirname(output), { recursive: true });
  docker(['save', '--output', output, ...names]);
  console.log(`${output}: written; bring it to a machine and run: docker load --input images.tar`);
}

const args = process.argv.slice(2);
if (args.includes('--help')) console.log(usage);
else await runScript({ options: optionsOf(args), usage, signal: untilInterrupted(), main });
