import { connect } from 'node:net';
import { connectEngine, type Engine } from '#libs/engine';
import { SshPool, type SshTarget, targetAddress } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import type { NodeAccess, NodeChannel } from '../ports.js';
import { openNodeChannel } from './node-channel.js';
import { pinged, watchedEngine } from './node-engine.js';
import { sshShell } from './ssh-shell.js';

/** Where a node is, and where its engine listens. */
export interface WayToNode {
  readonly target: SshTarget;
  readonly socketPath?: string;
}

/** A busy machine needs seconds for a new connection. */
const CONNECT_MS = 5_000;
const OPEN_MS = 10_000;
/** Three that stay without an answer end a connection. */
const KEEPALIVE_MS = 5_000;

/** One node over SSH, by connections of its own, so that they can be let go alone. */
export class SshNode implements NodeAccess {
  readonly kernelAnswers: boolean;
  private pool: SshPool;
  private current: Engine;

  constructor(
    private readonly way: WayToNode,
    private readonly logger: Pick<Logger, 'debug'>,
  ) {
    this.kernelAnswers = way.target.jump === undefined;
    this.pool = this.newPool();
    this.current = this.newEngine();
  }

  readonly engine = watchedEngine(() => this.current);

  async openChannel(): Promise<NodeChannel> {
    const { rootDirectory: dataRoot } = await this.current.info();
    return openNodeChannel(sshShell(this.pool, this.way.target), { dataRoot, timeoutMs: OPEN_MS });
  }

  reach(limitMs: number): Promise<void> {
    const { host, port } = this.way.target;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      const fail = (why: string): void => {
        socket.destroy();
        reject(new Error(`${targetAddress({ host, port })} ${why}`));
      };
      // Where this process stood still, its timer is first, and the answer behind it: that is heard in between.
      const late = (): void => fail(`does not answer within ${limitMs} ms`);
      socket.setTimeout(limitMs, () => void setImmediate(late));
      socket.once('error', (error) => fail(`cannot be reached: ${error.message}`));
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
    });
  }

  async ask(limitMs: number): Promise<void> {
    const engine = this.current;
    await this.pool.exec(this.way.target, ['true'], { timeoutMs: limitMs });
    await pinged(engine, limitMs);
  }

  reset(): void {
    // A machine that does not answer takes no leave either: what is open on its connections would hang until keepalives end.
    this.pool.cut(this.way.target);
    this.close();
    this.pool = this.newPool();
    this.current = this.newEngine();
  }

  close(): void {
    void this.current.close();
    void this.pool.close();
  }

  private newPool(): SshPool {
    return new SshPool({
      ...{ logger: this.logger, connectAttempts: 1, connectTimeoutMs: CONNECT_MS, keepaliveMs: KEEPALIVE_MS },
      maxConnections: 1,
    });
  }

  private newEngine(): Engine {
    const { target, socketPath } = this.way;
    return connectEngine({ ssh: this.pool, target, socketPath });
  }
}
