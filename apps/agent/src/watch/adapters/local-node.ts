import { connectEngine, type Engine } from '#libs/engine';
import { DOCKER_SOCKET } from '#libs/ssh';
import type { NodeAccess, NodeChannel, Ran } from '../ports.js';
import { runHere } from './local-run.js';
import { localShell } from './local-shell.js';
import { openNodeChannel } from './node-channel.js';
import { pinged, watchedEngine } from './node-engine.js';

const OPEN_MS = 10_000;

/** The node that this agent runs on: by the socket of its engine and a shell, without SSH. */
export class LocalNode implements NodeAccess {
  readonly kernelAnswers = true;
  private current: Engine;

  constructor(private readonly socketPath = DOCKER_SOCKET) {
    this.current = connectEngine({ socketPath });
  }

  readonly engine = watchedEngine(() => this.current);

  async openChannel(): Promise<NodeChannel> {
    const { rootDirectory: dataRoot } = await this.current.info();
    return openNodeChannel(localShell(), { dataRoot, timeoutMs: OPEN_MS });
  }

  run(argv: readonly string[], options: { readonly timeoutMs: number }): Promise<Ran> {
    return runHere(argv, options);
  }

  /** Whoever asks runs on it. */
  reach(): Promise<void> {
    return Promise.resolve();
  }

  ask(limitMs: number): Promise<void> {
    return pinged(this.current, limitMs);
  }

  reset(): void {
    this.close();
    this.current = connectEngine({ socketPath: this.socketPath });
  }

  close(): void {
    void this.current.close();
  }
}
