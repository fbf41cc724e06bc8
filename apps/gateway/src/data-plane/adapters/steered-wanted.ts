import type { Carrying, Place } from '../domain/carrying.js';
import { changesOf, serversByName, type Steering, steered, type SteeringByName } from '../domain/steering.js';
import type { Wanted } from '../domain/wanted.js';

/** What is wanted, and what the balancing makes of it. */
export class SteeredWanted {
  private given: Wanted | undefined;
  private servers: ReturnType<typeof serversByName> = new Map();
  private readonly steering = new Map<string, Steering>();
  private unretried: ReadonlySet<string> = new Set();

  /** `inFlight` is the bound of services that name none. */
  constructor(private readonly inFlight: number) {}

  /** As it was given. */
  get plain(): Wanted | undefined {
    return this.given;
  }

  /** With what was made of it. */
  get whole(): Wanted | undefined {
    const { given, steering, unretried } = this;
    return given && steered(given, { servers: steering, unretried }, this.inFlight);
  }

  take(wanted: Wanted): void {
    this.given = wanted;
    this.servers = serversByName(wanted, this.inFlight);
    for (const name of this.steering.keys()) if (!this.servers.has(name)) this.steering.delete(name);
  }

  steer(changes: SteeringByName): void {
    for (const [name, steering] of changes) this.steering.set(name, steering);
  }

  withoutRetries(services: ReadonlySet<string>): void {
    this.unretried = services;
  }

  /** What these changes make of servers that are carried. */
  changesIn(carrying: Carrying, places: ReadonlyMap<string, Place>, changes: SteeringByName) {
    return changesOf(carrying, places, this.servers, changes);
  }
}
