import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomOf } from '#libs/testing';
import type { Order, Speed } from './uneven-instances.js';

/** One instance: requests wait in line, and a few at a time are worked on. */
class UnevenInstance {
  private readonly waiting: ServerResponse[] = [];
  private working = 0;
  private isStalled = false;
  private doesFail = false;

  constructor(
    private readonly speed: Speed,
    private readonly random: () => number,
  ) {}

  take(response: ServerResponse): void {
    if (this.doesFail) return void response.writeHead(500).end('broken');
    this.waiting.push(response);
    this.next();
  }

  obey(order: Order): void {
    switch (order.kind) {
      case 'stall':
        this.isStalled = true;
        setTimeout(() => this.goOn(), order.ms);
        return;
      case 'fail':
        this.doesFail = true;
        return;
      case 'recover':
        this.doesFail = false;
        this.goOn();
    }
  }

  private goOn(): void {
    this.isStalled = false;
    this.next();
  }

  private next(): void {
    while (!this.isStalled && this.working < this.speed.atOnce) {
      const response = this.waiting.shift();
      if (response === undefined) return;
      if (response.destroyed) continue;
      this.working += 1;
      setTimeout(() => this.answer(response), this.speed.ms * (0.5 - 0.5 * Math.log(1 - this.random())));
    }
  }

  private answer(response: ServerResponse): void {
    this.working -= 1;
    // What was begun before a stall ends after it, too.
    if (this.isStalled) this.waiting.unshift(response);
    else response.end('ok');
    this.next();
  }
}

const speeds = JSON.parse(process.argv[2] ?? '[]') as readonly Speed[];
const instances = speeds.map((speed, index) => new UnevenInstance(speed, randomOf(index + 1)));
const ports = await Promise.all(
  instances.map(async (instance) => {
    const server = createServer({ keepAliveTimeout: 120_000 }, (_, response) => instance.take(response));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }),
);
process.on('message', (order: Order) => {
  for (const [index, instance] of instances.entries())
    if (order.kind === 'recover' || order.index === index) instance.obey(order);
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0));
process.send?.(ports);
