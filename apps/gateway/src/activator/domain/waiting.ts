/** How many requests may wait at once. */
export interface WaitingBounds {
  readonly requests: number;
  readonly requestsPerService: number;
}

/** Who waits for what. A request that waits holds no body: its client is not asked for more than fits into a socket. */
export class Waiting<T> {
  private readonly byService = new Map<string, Set<T>>();
  private count = 0;

  constructor(private readonly bounds: WaitingBounds) {}

  /** False where there is no room for it. */
  add(service: string, one: T): boolean {
    const others = this.byService.get(service) ?? new Set();
    if (this.count >= this.bounds.requests || others.size >= this.bounds.requestsPerService) return false;
    this.byService.set(service, others.add(one));
    this.count += 1;
    return true;
  }

  remove(service: string, one: T): void {
    const others = this.byService.get(service);
    if (others?.delete(one) !== true) return;
    this.count -= 1;
    if (others.size === 0) this.byService.delete(service);
  }

  at(service: string): readonly T[] {
    return [...(this.byService.get(service) ?? [])];
  }

  get services(): readonly string[] {
    return [...this.byService.keys()];
  }

  hasAny(service: string): boolean {
    return this.byService.has(service);
  }

  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.byService].map(([backend, all]) => [backend, all.size]));
  }
}
