import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { BASE_IMAGES } from '../../scripts/one-machine/base-images.js';
import { cacheDirectory } from '../../scripts/one-machine/slot.js';

const run = promisify(execFile);
type Env = Readonly<Record<string, string>>;

const PARTS = { postgres: 'POSTGRES_IMAGE', kafka: 'KAFKA_IMAGE', blob: 'AZURITE_IMAGE' } as const;
const partImage = (part: string): string => `slipway-test/${part}:1`;

export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** An engine that compose files are started on, as their user does: by docker/run.sh. */
export class ComposeHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-compose-'));
  private readonly env: NodeJS.ProcessEnv;

  constructor(socketPath: string) {
    this.env = {
      ...{ HOME: this.folder, DOCKER_HOST: `unix://${socketPath}`, DOCKER_BUILDKIT: '1' },
      // Debian's own client and compose, before any other that the machine may have.
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      SLIPWAY_STATE_ROOT: join(this.folder, 'state'),
    };
  }

  /** From now on `docker compose` is there, beside docker-compose. */
  takeComposeTwo(plugin: string): void {
    const plugins = join(this.folder, '.docker/cli-plugins');
    mkdirSync(plugins, { recursive: true });
    symlinkSync(plugin, join(plugins, 'docker-compose'));
  }

  /** The id of one container of a service. */
  async containerOf(project: string, service: string): Promise<string> {
    const labels = { project, service };
    const filters = Object.entries(labels).flatMap(([name, value]) => [
      '--filter',
      `label=com.docker.compose.${name}=${value}`,
    ]);
    return (await this.docker('ps', '--quiet', ...filters)).split('\n')[0] ?? '';
  }

  async docker(...args: readonly string[]): Promise<string> {
    return (await run('docker', [...args], { env: this.env, maxBuffer: 1 << 26 })).stdout.trim();
  }

  /** Names of what a project has of a kind: `container`, `volume` or `network`. */
  async thingsOf(kind: string, project: string): Promise<readonly string[]> {
    const label = ['--filter', `label=com.docker.compose.project=${project}`];
    const said = await this.docker(
      kind,
      'ls',
      ...(kind === 'container' ? ['--all'] : []),
      '--quiet',
      ...label,
    );
    return said.split('\n').filter(Boolean);
  }

  /** What a killed run left in the engine's data. */
  async forget(project: string): Promise<void> {
    for (const kind of ['container', 'volume', 'network'])
      for (const id of await this.thingsOf(kind, project))
        await this.docker(kind, 'rm', ...(kind === 'network' ? [] : ['--force']), id);
  }

  /** The images in the place of those that container hubs have; by their variables. */
  async buildParts(): Promise<Env> {
    const context = join(this.folder, 'parts');
    cpSync('test/infra/parts', context, { recursive: true });
    const [jars] = globSync(join(cacheDirectory(), 'kafka-*/'));
    cpSync(String(jars), join(context, 'jars'), { recursive: true });
    for (const part of Object.keys(PARTS))
      await this.docker('build', '--target', part, '--tag', partImage(part), context);
    rmSync(context, { recursive: true });
    return Object.fromEntries(Object.entries(PARTS).map(([part, name]) => [name, partImage(part)]));
  }

  /** `npm run images`, and its tar loaded into an engine that had none of them. */
  async loadImages(tag: string): Promise<string> {
    const tar = join(this.folder, 'images.tar');
    const args = ['--base', BASE_IMAGES.node, '--tag', tag, '--output', tar];
    const made = await this.call(process.execPath, ['dist/scripts/images.js', ...args]);
    if (made.code !== 0) throw new Error(made.said);
    await this.docker('image', 'rm', ...(await this.imagesOf(tag)));
    await this.docker('load', '--input', tar);
    rmSync(tar);
    return made.said;
  }

  async imagesOf(tag: string): Promise<readonly string[]> {
    const format = ['--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=slipway/*:${tag}`];
    return (await this.docker('image', 'ls', ...format)).split('\n').filter(Boolean);
  }

  /** What containers find in /etc/slipway. */
  provide(form: string, name: string, from: string): void {
    mkdirSync(join(this.folder, 'state', form, 'files'), { recursive: true });
    copyFileSync(from, join(this.folder, 'state', form, 'files', name));
  }

  /** `docker/run.sh -e FORM WORDS...` in a folder. */
  runSh(form: string, words: readonly string[], { env = {}, cwd = process.cwd() } = {}): Promise<Ended> {
    return this.call(resolve('docker/run.sh'), ['-e', form, ...words], { env, cwd });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async call(
    command: string,
    args: readonly string[],
    { env = {}, cwd = process.cwd() }: { readonly env?: Env; readonly cwd?: string } = {},
  ): Promise<Ended> {
    const child = spawn(command, [...args], {
      env: { ...this.env, ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, said };
  }
}
