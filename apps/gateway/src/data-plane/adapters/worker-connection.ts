import type { HaproxyProcess } from './haproxy-process.js';
import type { RuntimeApi } from './runtime-api.js';

/** The connection to the worker that carries requests: kept, and made again where it was lost. */
export class WorkerConnection {
  private api: RuntimeApi | undefined;
  private ofWorker: string | undefined;

  constructor(
    private readonly process: HaproxyProcess,
    private readonly onLost: () => void,
  ) {}

  /** Of the worker's configuration; undefined until a worker was ready. */
  get generation(): string | undefined {
    return this.ofWorker;
  }

  /** The kept connection, while it stands. */
  get current(): RuntimeApi | undefined {
    return this.api?.isClosed === false ? this.api : undefined;
  }

  /** The kept connection, or another one to the same worker. */
  async open(): Promise<RuntimeApi | undefined> {
    if (this.current !== undefined) return this.current;
    const api = this.ofWorker === undefined ? undefined : await this.process.connect(this.ofWorker);
    if (api !== undefined) this.keep(api);
    return api;
  }

  /** From now on to the worker with this configuration, once that is ready. */
  async moveTo(generation: string): Promise<void> {
    this.keep(await this.process.untilReady(generation));
    this.ofWorker = generation;
  }

  close(): void {
    this.api?.close();
  }

  private keep(api: RuntimeApi): void {
    this.api?.close();
    this.api = api;
    void api.untilClosed().then(() => {
      if (this.api === api) this.onLost();
    });
  }
}
