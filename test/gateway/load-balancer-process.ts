import { httpPortVariable } from '#libs/app-roles';
import { type AppProcess, closedPort, spawnApp, untilReady } from '#libs/testing';
import { TcpFront } from './tcp-front.js';

/** A replica of the load balancer, always at the same address; what stands before it can be cut off. */
export class LoadBalancerProcess {
  private app: AppProcess | undefined;

  private constructor(
    private readonly env: NodeJS.ProcessEnv,
    /** Between it and the gateway. */
    readonly front: TcpFront,
  ) {}

  /** It does not run yet. */
  static async create(env: NodeJS.ProcessEnv): Promise<LoadBalancerProcess> {
    const port = await closedPort();
    const own = { ...env, [httpPortVariable('load-balancer')]: String(port) };
    return new LoadBalancerProcess(own, await TcpFront.start(port));
  }

  /** Where gateways find it. */
  get url(): string {
    return `ws://127.0.0.1:${this.front.port}`;
  }

  async start(): Promise<void> {
    this.app = spawnApp('load-balancer', this.env);
    await untilReady(this.app);
  }

  /** SIGSTOP and SIGCONT leave it where it is. */
  signal(signal: NodeJS.Signals): void {
    if (this.app !== undefined) process.kill(this.app.pid, signal);
  }

  async kill(): Promise<void> {
    await this.app?.stop('SIGKILL');
    this.app = undefined;
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.front.stop();
  }
}
