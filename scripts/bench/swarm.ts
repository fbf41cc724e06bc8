import type { SshPool, SshTarget } from '#libs/ssh';
import { DOCKER } from './by-hand.js';

const POLL_MS = 20;
const LONGEST_MS = 60_000;

/** Docker Swarm on the same nodes: the peer that starts replicas of an image where it likes. */
export class Swarm {
  private count = 0;

  private constructor(
    private readonly ssh: SshPool,
    private readonly targets: readonly SshTarget[],
  ) {}

  static async form(ssh: SshPool, targets: readonly SshTarget[]): Promise<Swarm> {
    const swarm = new Swarm(ssh, targets);
    const [manager, ...workers] = targets;
    if (manager === undefined) throw new Error('a swarm needs a node');
    await swarm.on(manager, 'swarm', 'init', '--advertise-addr', manager.host);
    const token = (await swarm.on(manager, 'swarm', 'join-token', '-q', 'worker')).trim();
    for (const worker of workers)
      await swarm.on(worker, 'swarm', 'join', '--token', token, `${manager.host}:2377`);
    return swarm;
  }

  /** Milliseconds from `service create` until as many replicas run; then they are removed. */
  async create(image: string, replicas: number): Promise<number> {
    const [manager] = this.targets;
    if (manager === undefined) throw new Error('a swarm needs a node');
    const name = `peer-${(this.count += 1)}`;
    const before = performance.now();
    const options = ['--detach', '--no-resolve-image', '--limit-memory', '64m', '-e', 'PORT=3000'];
    await this.on(
      manager,
      'service',
      'create',
      ...options,
      '--name',
      name,
      '--replicas',
      String(replicas),
      image,
    );
    while (!(await this.runs(manager, name, replicas))) {
      if (performance.now() - before > LONGEST_MS)
        throw new Error(`${name} did not run within ${LONGEST_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const ms = performance.now() - before;
    await this.on(manager, 'service', 'rm', name);
    return ms;
  }

  async dissolve(): Promise<void> {
    await Promise.all(
      this.targets.map((target) => this.on(target, 'swarm', 'leave', '--force').catch(() => '')),
    );
  }

  private async runs(manager: SshTarget, name: string, replicas: number): Promise<boolean> {
    const format = ['--format', '{{.Replicas}}', '--filter', `name=${name}`];
    const said = await this.on(manager, 'service', 'ls', ...format);
    return said.trim().startsWith(`${replicas}/${replicas}`);
  }

  private async on(target: SshTarget, ...words: readonly string[]): Promise<string> {
    const { stdout, stderr, code } = await this.ssh.exec(target, [DOCKER, ...words], {
      timeoutMs: LONGEST_MS,
    });
    if (code !== 0) throw new Error(`docker ${words.slice(0, 2).join(' ')}: ${stderr}`);
    return stdout;
  }
}
