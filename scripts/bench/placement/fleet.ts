import { byShare, randomOf } from '#libs/testing';
import type { NodeRequest } from '#libs/contracts';
import type { NodeSize } from '../../placement/nodes.js';
import { nodeShapes, pick, podShapes } from '../../sim/placement/shapes.js';

const SEED = 16;
const APPLICATIONS = 200;
const SERVICES = 3;
/** A promise that lapses while it is measured would free room. */
const PROMISED_MS = 3_600_000;
/** Of instances that a port is reserved for; workers have none. */
const WITH_PORT = [
  [true, 0.9],
  [false, 0.1],
] as const;

/** Nodes of the sizes of a public cluster trace; the same for the same count. */
export function fleetOf(count: number): readonly NodeSize[] {
  const random = randomOf(SEED);
  const shapes = nodeShapes();
  return Array.from({ length: count }, (_, n) => {
    const { cpu, memoryMiB } = pick(shapes, random());
    return { name: `node-${String(n).padStart(5, '0')}`, cpus: cpu / 1_000, memoryMiB };
  });
}

/** Requests of the sizes of the same trace, divided, so that a fleet has room for many; of as many applications. */
export class RequestSource {
  private readonly random = randomOf(SEED + 1);
  private readonly shapes = podShapes();
  private asked = 0;

  constructor(
    private readonly prefix: string,
    private readonly divisor: number,
  ) {}

  take(count: number): readonly NodeRequest[] {
    return Array.from({ length: count }, () => this.next());
  }

  private next(): NodeRequest {
    const n = (this.asked += 1);
    const { cpu, memoryMiB } = pick(this.shapes, this.random());
    return {
      ...{ accessToken: `${this.prefix}${n}`, appId: `app-${n % APPLICATIONS}` },
      service: `service-${Math.floor(this.random() * SERVICES)}`,
      resources: {
        cpu: Math.max(0.01, Math.round(cpu / this.divisor) / 1_000),
        memoryMiB: Math.max(6, Math.round(memoryMiB / this.divisor)),
      },
      needsPort: byShare(WITH_PORT, this.random()),
      avoidNodes: [],
      expiresAt: new Date(Date.now() + PROMISED_MS).toISOString(),
    };
  }
}
