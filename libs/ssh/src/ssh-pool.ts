import type { Duplex, Readable } from 'node:stream';
import { runCommand, type ExecOptions, type ExecResult } from './exec.js';
import type { PoolOptions } from './pool-options.js';
import { quoteArgument } from './quote-argument.js';
import { SocketChannel } from './socket-channel.js';
import { poolClosed, TargetConnections } from './target-connections.js';
import { targetKey, type SshTarget } from './target.js';

const DEFAULTS: PoolOptions = {
  connectTimeoutMs: 10_000,
  connectAttempts: 3,
  connectForMs: 0,
  keepaliveMs: 10_000,
  maxConnections: 4,
  sessionsPerConnection: 10,
  socketsPerConnection: 64,
  idleMs: 10 * 60_000,
  surplusIdleMs: 30_000,
};

/** Where the engine listens unless it is told otherwise. */
export const DOCKER_SOCKET = '/var/run/docker.sock';

export interface LastingOptions {
  /** Gets what the program writes to stderr, piece by piece; otherwise it is thrown away. */
  readonly onStderr?: (chunk: Buffer) => void;
}

/** Kept SSH connections, by machine and login. Every method throws SshError. */
export class SshPool {
  private readonly options: PoolOptions;
  private readonly targets = new Map<string, TargetConnections>();
  private closed = false;

  constructor(options: Partial<PoolOptions> = {}) {
    this.options = { ...DEFAULTS, ...options };
  }

  /** The connections to one machine, with at least one of them up. */
  async connection(target: SshTarget): Promise<TargetConnections> {
    const connections = this.of(target);
    await connections.ready();
    return connections;
  }

  /** A stream to a Unix socket on the machine (stream-local forwarding: no process is started there). */
  async openSocketChannel(target: SshTarget, remoteSocketPath: string): Promise<Duplex> {
    const { channel, isCut } = await this.of(target).open('socket', (client, opened) =>
      client.openssh_forwardOutStreamLocal(remoteSocketPath, opened),
    );
    return new SocketChannel(channel, isCut);
  }

  /** Runs one program with its arguments. An exit code other than 0 is a result, not an error. */
  async exec(target: SshTarget, argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
    const command = argv.map(quoteArgument).join(' ');
    return runCommand(
      async (open) => (await this.of(target).open('session', open)).channel,
      command,
      options,
    );
  }

  /**
   * A program that lasts: a stream to its input and from its output, open until either side ends it. An end of its own
   * is no error, whatever its exit code; a connection that is cut is.
   */
  async openExec(target: SshTarget, argv: readonly string[], options: LastingOptions = {}): Promise<Duplex> {
    const command = argv.map(quoteArgument).join(' ');
    const { channel, isCut } = await this.of(target).open('session', (client, opened) =>
      client.exec(command, opened),
    );
    const stderr = channel.stderr as Readable;
    if (options.onStderr !== undefined) stderr.on('data', options.onStderr);
    // Unread it would fill the window and stall the stream.
    stderr.resume();
    return new SocketChannel(channel, isCut);
  }

  /** The engine's socket through its own client on the machine, for an sshd that forbids forwarding. 100 ms each. */
  openDialStdio(target: SshTarget, remoteSocketPath = DOCKER_SOCKET): Promise<Duplex> {
    return this.openExec(target, ['docker', '-H', `unix://${remoteSocketPath}`, 'system', 'dial-stdio']);
  }

  /** Cuts the connections to a machine that does not answer, and the streams on them. The next use connects again. */
  cut(target: SshTarget): void {
    this.targets.get(targetKey(target))?.cut();
  }

  /** Ends every connection. Streams that are open on them end too. */
  async close(): Promise<void> {
    this.closed = true;
    for (const connections of this.targets.values()) connections.close();
    this.targets.clear();
  }

  private of(target: SshTarget): TargetConnections {
    if (this.closed) throw poolClosed();
    const key = targetKey(target);
    const known = this.targets.get(key);
    if (known !== undefined) return known;
    const made = new TargetConnections(target, this.options);
    this.targets.set(key, made);
    return made;
  }
}
