/** How many requests may wait at once. */
export interface WaitingBounds {
  readonly requests: number;
  readonly requestsPerService: number;
}

/** Who waits for what. A request that waits holds no body: its client is not asked for more than fits into a socket. */
export class Waiting<T> {
  private readonly byBackend = new Map<string, Set<T>>();
  private count = 0;

  constructor(private readonly bounds: WaitingBounds) {}

  /** False where there is no room for it. */
  add(backend: string, one: T): boolean {
    const others = this.byBackend.get(backend) ?? new Set();
    if (this.count >= this.bounds.requests || others.size >= this.bounds.requestsPerService) return false;
    this.byBackend.set(backend, others.add(one));
    this.count += 1;
    return true;
  }

  remove(backend: string, one: T): void {
    const others = this.byBackend.get(backend);
    if (others?.delete(one) !== true) return;
    this.count -= 1;
    if (others.size === 0) this.byBackend.delete(backend);
  }

  at(backend: string): readonly T[] {
    return [...(this.byBackend.get(backend) ?? [])];
  }

  get backends(): readonly string[] {
    return [...this.byBackend.keys()];
  }

  hasAny(backend: string): boolean {
    return this.byBackend.has(backend);
  }

  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.byBackend].map(([backend, all]) => [backend, all.size]));
  }
}
