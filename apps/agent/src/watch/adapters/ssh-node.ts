import { connect } from 'node:net';
import { connectEngine, type Engine } from '#libs/engine';
import { SshPool, type SshTarget, targetAddress } from '#libs/ssh';
import type { Logger } from '#libs/telemetry';
import type { NodeAccess, NodeChannel, Ran } from '../ports.js';
import { withinTimely } from '../../liveness/timely-limit.js';
import type { Semaphore } from '../semaphore.js';
import { openNodeChannel } from './node-channel.js';
import { pinged, watchedEngine } from './node-engine.js';
import { sshShell } from './ssh-shell.js';

/** Where a node is, and where its engine listens. */
export interface WayToNode {
  readonly target: SshTarget;
  readonly socketPath?: string;
}

/** A busy machine needs seconds for a login. One that is given up is work for nothing: the next begins from its start. */
const LOGIN_MS = 20_000;
/** Beside the limits of logins and of checks, which give a late agent more time. */
const AT_MOST_MS = 120_000;
const OPEN_MS = 10_000;
/** Three that stay without an answer end a connection. */
const KEEPALIVE_MS = 5_000;

/** One node over SSH, by connections of its own, so that they can be let go alone. */
export class SshNode implements NodeAccess {
  readonly kernelAnswers: boolean;
  private pool: SshPool;
  private current: Engine;
  /** Logins that wait for their turn. */
  private queued = 0;

  constructor(
    private readonly way: WayToNode,
    private readonly logger: Pick<Logger, 'debug'>,
    private readonly turns: Pick<Semaphore, 'run'>,
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

  /** Without `exec` the shell of the login would wait beside it. */
  run(argv: readonly string[], options: { readonly timeoutMs: number }): Promise<Ran> {
    return this.pool.exec(this.way.target, ['exec', ...argv], options);
  }

  reach(limitMs: number): Promise<void> {
    const { host, port } = this.way.target;
    const address = targetAddress({ host, port });
    return withinTimely(
      limitMs,
      address,
      (signal) =>
        new Promise((resolve, reject) => {
          const socket = connect({ host, port });
          signal.addEventListener('abort', () => socket.destroy());
          socket.once('error', (error) => {
            reject(new Error(`${address} cannot be reached: ${error.message}`, { cause: error }));
          });
          socket.once('connect', () => {
            socket.destroy();
            resolve();
          });
        }),
    );
  }

  async ask(limitMs: number): Promise<void> {
    const { current: engine, pool } = this;
    const { target } = this.way;
    const runs = async (signal: AbortSignal): Promise<void> => {
      await pool.connection(target);
      await pool.exec(target, ['true'], { timeoutMs: AT_MOST_MS, signal });
    };
    await withinTimely(limitMs, 'sshd', runs, () => this.queued > 0);
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
      ...{ logger: this.logger, connectAttempts: 1, connectTimeoutMs: AT_MOST_MS, keepaliveMs: KEEPALIVE_MS },
      maxConnections: 1,
      logInTurn: (login) => this.inTurn(login),
    });
  }

  private inTurn<T>(login: () => Promise<T>): Promise<T> {
    this.queued += 1;
    return this.turns.run(() => {
      this.queued -= 1;
      return withinTimely(LOGIN_MS, 'the login', login);
    });
  }

  private newEngine(): Engine {
    const { target, socketPath } = this.way;
    return connectEngine({ ssh: this.pool, target, socketPath });
  }
}
