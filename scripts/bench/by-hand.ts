import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ServiceConfig } from '#libs/contracts';
import type { NodeEntry } from '#libs/testing';
import type { Ledger } from '../one-machine/ledger.js';
import { nextPort, untilHealthy } from './probe.js';

const run = promisify(execFile);
/** The engine's own client, whatever else is on the path. */
export const DOCKER = '/usr/bin/docker';

interface HandOptions {
  readonly node: NodeEntry;
  readonly directory: string;
  readonly ledger: Ledger;
  readonly builder: string;
  readonly registry: { readonly host: string; readonly username: string; readonly password: string };
}

/** Somebody who types docker commands: here for the builder, over a kept SSH connection for the node. */
export class Hand {
  private running: string | undefined;
  private count = 0;

  private constructor(
    private readonly options: HandOptions,
    private readonly master: ReturnType<typeof spawn>,
  ) {}

  static async connect(options: HandOptions): Promise<Hand> {
    const { node, directory, ledger, registry } = options;
    const auth = Buffer.from(`${registry.username}:${registry.password}`).toString('base64');
    const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
    await writeFile(join(directory, 'config.json'), config, { mode: 0o600 });
    const settings = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
    const master = spawn(
      'ssh',
      [
        ...['-M', '-N', '-S', join(directory, 'ssh'), '-i', node.privateKeyFile, '-p', String(node.sshPort)],
        ...settings.flatMap((setting) => ['-o', setting]),
        `${node.sshUser}@${node.address}`,
      ],
      { stdio: 'ignore', detached: true },
    );
    ledger.holdProcess(master.pid);
    const hand = new Hand(options, master);
    for (let tries = 0; ; tries += 1) {
      const said = await hand.onNode('true').catch((error: Error) => error);
      if (!(said instanceof Error)) return hand;
      if (tries > 100) throw said;
    }
  }

  async close(): Promise<void> {
    if (this.master.exitCode !== null) return;
    const ended = once(this.master, 'exit');
    this.master.kill('SIGTERM');
    await ended;
  }

  /** Starts a container of the image, waits until it is healthy, then takes the one before away. */
  private async replace(image: string, config: ServiceConfig): Promise<void> {
    const { address } = this.options.node;
    const port = nextPort();
    this.count += 1;
    const name = `by-hand-${process.pid}-${this.count}`;
    const previous = this.running;
    this.running = name;
    await this.onNode(DOCKER, ...this.config, 'run', '-d', '--name', name, ...limits(config, port), image);
    await untilHealthy(`http://${address}:${port}${config.health?.path ?? '/'}`);
    if (previous !== undefined) await this.onNode(...stopAndRemove(previous));
  }

  /** Builds here, pushes, pulls on the node, and replaces what runs. */
  async buildAndReplace(context: string, tag: string, config: ServiceConfig): Promise<void> {
    await this.here('build', '-t', tag, context);
    await this.here('push', tag);
    await this.pullAndReplace(tag, config);
  }

  async pullAndReplace(image: string, config: ServiceConfig): Promise<void> {
    await this.onNode(DOCKER, ...this.config, 'pull', image);
    await this.replace(image, config);
  }

  async removeRunning(): Promise<void> {
    if (this.running !== undefined) await this.onNode(DOCKER, 'rm', '-f', this.running);
    this.running = undefined;
  }

  private get config(): readonly string[] {
    return ['--config', this.options.directory];
  }

  private async here(...args: readonly string[]): Promise<void> {
    const env = { ...process.env, DOCKER_BUILDKIT: '1' };
    await run(DOCKER, [...this.config, '-H', this.options.builder, ...args], { env });
  }

  /** One line typed on the node. */
  private async onNode(...words: readonly string[]): Promise<void> {
    const { directory, node } = this.options;
    await run('ssh', ['-S', join(directory, 'ssh'), `${node.sshUser}@${node.address}`, words.join(' ')]);
  }
}

const stopAndRemove = (name: string): readonly string[] => [DOCKER, 'stop', name, '&&', DOCKER, 'rm', name];

/** The limits under which Slipway starts the same service: under others it would start slower or faster. */
function limits({ port, resources }: ServiceConfig, hostPort: number): readonly string[] {
  const memory = `${resources.memoryMiB}m`;
  return [
    ...['-p', `${hostPort}:${port}`, '-e', `PORT=${port}`, '--restart', 'unless-stopped', '--init'],
    ...['--memory', memory, '--memory-swap', memory, '--cpus', String(resources.cpu), '--pids-limit', '512'],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ];
}
