import { randomUUID } from 'node:crypto';
import { httpUrlVariable } from '#libs/app-roles';
import { blobStoreOf } from '#libs/blob';
import { SshPool } from '#libs/ssh';
import { type NodeEntry, sshTargetOf } from '#libs/testing';
import { type Files, zipOf } from '../bench/service.js';

type Env = Readonly<Record<string, string | undefined>>;

export const APP = 'soak';
export const SERVICE = 'web';
const WAIT_S = 60;
/** Few, so that 2,000 requests a second keep some in flight at each instance. */
const ANSWER_MS = 10;

/** A small server that takes a moment for each request, and says which release it is of. */
const serviceFiles = (release: number, replicas: number, cpu: number): Files => ({
  'config.json': JSON.stringify({
    ...{ runtime: 'node', port: 3000, command: ['node', 'server.js'], replicas },
    ...{ health: { path: '/' }, resources: { cpu, memoryMiB: 64 } },
  }),
  'server.js': [
    "require('node:http').createServer((request, answer) => {",
    `  request.resume().on('end', () => setTimeout(() => answer.end('release ${release}'), ${ANSWER_MS}));`,
    '}).listen(process.env.PORT);',
    "process.on('SIGTERM', () => process.exit(0));",
  ].join('\n'),
});

/** What a user does to a service, over the deployer's HTTP; and what happens to one, on its nodes. */
export class Operations {
  private readonly ssh = new SshPool();
  private readonly blobs;
  private release = 0;

  constructor(
    private readonly env: Env,
    private readonly nodes: readonly NodeEntry[],
    private readonly random: () => number,
    /** Of each instance. */
    private readonly cpu: number,
  ) {
    this.blobs = blobStoreOf(env);
  }

  async close(): Promise<void> {
    await this.ssh.close();
  }

  /** A new release. */
  async deploy(replicas: number): Promise<void> {
    this.release += 1;
    await this.blobs.upload(`${APP}--${SERVICE}.zip`, zipOf(serviceFiles(this.release, replicas, this.cpu)));
    await this.ask('/v1/requests', {
      mode: 'build-and-run',
      appId: APP,
      appName: 'Soak',
      services: [SERVICE],
    });
  }

  async scale(to: number): Promise<void> {
    await this.ask('/v1/scale-requests', { appId: APP, service: SERVICE, to });
  }

  /** Kills a container of the service, with all in it. @returns false where none runs */
  async kill(): Promise<boolean> {
    const all = await Promise.all(this.nodes.map((node) => this.containersOn(node)));
    const running = all.flat();
    const victim = running[Math.floor(this.random() * running.length)];
    if (victim === undefined) return false;
    await this.docker(victim.node, 'kill', victim.id);
    return true;
  }

  private async containersOn(node: NodeEntry) {
    const listed = await this.docker(node, 'ps', '-q', '--filter', `label=slipway.app=${APP}`);
    return listed.split('\n').flatMap((id) => (id === '' ? [] : [{ node, id }]));
  }

  private async docker(node: NodeEntry, ...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.ssh.exec(sshTargetOf(node), ['docker', ...words], {
      timeoutMs: 30_000,
    });
    if (code !== 0) throw new Error(`docker ${words.join(' ')} on ${node.name}: ${stderr}`);
    return stdout.trim();
  }

  /** Throws what the reply says where it is no success. */
  private async ask(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.env[httpUrlVariable('deployer')]}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${this.env['SLIPWAY_API_TOKEN']}`,
        prefer: `wait=${WAIT_S}`,
      },
      body: JSON.stringify({ token: `soak-${randomUUID()}`, ...body }),
    });
    const text = await response.text();
    const reply = JSON.parse(text) as { readonly status?: boolean };
    if (response.status !== 200 || reply.status !== true)
      throw new Error(`${path} was answered with ${response.status}: ${text.slice(0, 2_000)}`);
  }
}
