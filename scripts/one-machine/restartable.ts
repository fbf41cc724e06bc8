import type { Child } from './child.js';
import type { Server } from './part.js';

/** A server that is started anew, on the same port and data, each time that it is asked. */
export class Restartable implements Server {
  private constructor(
    private child: Child,
    private readonly spawn: () => Child,
    private readonly ready: () => Promise<boolean>,
  ) {}

  /** Resolves when the first one is ready. */
  static async start(spawn: () => Child, ready: () => Promise<boolean>): Promise<Restartable> {
    const server = new Restartable(spawn(), spawn, ready);
    await server.child.until(ready);
    return server;
  }

  get name(): string {
    return this.child.name;
  }

  kill(): Promise<void> {
    return this.child.kill();
  }

  stop(): Promise<void> {
    return this.child.stop();
  }

  async start(): Promise<void> {
    this.child = this.spawn();
    await this.child.until(this.ready);
  }
}
