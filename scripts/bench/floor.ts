import type { ServiceConfig } from '#libs/contracts';
import type { Engine } from '#libs/engine';
import type { NodeEntry } from '#libs/testing';
import { nextPort, untilHealthy } from './probe.js';

/** The same replacement by the engine's API alone: no platform, no record, no placing. */
export class Floor {
  private running: string | undefined;
  private count = 0;

  constructor(
    private readonly engine: Engine,
    private readonly node: NodeEntry,
  ) {}

  async replace(image: string, config: ServiceConfig): Promise<void> {
    const hostPort = nextPort();
    this.count += 1;
    const container = await this.engine.createContainer({
      name: `floor-${process.pid}-${this.count}`,
      image,
      env: { PORT: String(config.port) },
      labels: {},
      containerPort: config.port,
      hostPort,
      memoryMiB: config.resources.memoryMiB,
      cpu: config.resources.cpu,
      stopSignal: config.stop.signal,
    });
    const previous = this.running;
    this.running = container;
    await this.engine.start(container);
    await untilHealthy(`http://${this.node.address}:${hostPort}${config.health?.path ?? '/'}`);
    if (previous === undefined) return;
    await this.engine.stop(previous, config.stop);
    await this.engine.remove(previous);
  }

  async removeRunning(): Promise<void> {
    if (this.running !== undefined) await this.engine.remove(this.running);
    this.running = undefined;
  }
}
