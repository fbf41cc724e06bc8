import type { Measured } from './measured.js';
import type { Candidate, InstancesOnNode, Resources, Taken } from './model.js';

/** A node of a fleet: a candidate whose reservations come and go. */
export class FleetNode implements Candidate {
  readonly name: string;
  readonly state: string;
  readonly total: Resources;
  readonly firstPort: number;
  readonly lastPort: number;
  readonly labels: Candidate['labels'];
  readonly zone: string | undefined;
  readonly architecture: string | undefined;
  measured: Measured | undefined;
  readonly overcommit: number | undefined;
  youngCpu: number | undefined;
  readonly endedPorts: ReadonlySet<number> | undefined;
  readonly reserved: { cpu: number; memoryMiB: number };
  readonly takenPorts: Set<number>;
  portBefore: number | undefined;
  readonly instances: Map<string, InstancesOnNode>;

  constructor(node: Candidate) {
    this.name = node.name;
    this.state = node.state;
    this.total = node.total;
    this.firstPort = node.firstPort;
    this.lastPort = node.lastPort;
    this.labels = node.labels;
    this.zone = node.zone;
    this.architecture = node.architecture;
    this.measured = node.measured;
    this.overcommit = node.overcommit;
    this.youngCpu = node.youngCpu;
    this.endedPorts = node.endedPorts;
    this.reserved = { ...node.reserved };
    this.takenPorts = new Set(node.takenPorts);
    this.portBefore = node.portBefore;
    this.instances = new Map(node.instances);
  }

  change({ service, cpu, memoryMiB, port }: Taken, sign: 1 | -1): void {
    this.reserved.cpu += sign * cpu;
    this.reserved.memoryMiB += sign * memoryMiB;
    // What an instance used that has ended is measured for an hour still.
    if (sign === 1 && this.youngCpu !== undefined) this.youngCpu += cpu;
    const before = this.instances.get(service) ?? { count: 0, cpu: 0, memoryMiB: 0 };
    const count = before.count + sign;
    if (count === 0) this.instances.delete(service);
    else
      this.instances.set(service, {
        count,
        cpu: before.cpu + sign * cpu,
        memoryMiB: before.memoryMiB + sign * memoryMiB,
      });
    if (port === undefined) return;
    if (sign === 1) {
      this.takenPorts.add(port);
      this.portBefore = port;
    } else this.takenPorts.delete(port);
  }
}
