/** The same word often comes by several ways at once. */
const AGAIN_AFTER_MS = 100;
/** Beyond that, what was called longest ago is forgotten. */
const MOST_KNOWN = 10_000;

/** Who is called when a request waits for a service. */
export class WakeCalls {
  private readonly listeners = new Set<(service: string) => void>();
  private readonly calledMs = new Map<string, number>();

  onWake(listener: (service: string) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** False where it was called just now. */
  wake(service: string, nowMs: number): boolean {
    if (nowMs - (this.calledMs.get(service) ?? -Infinity) < AGAIN_AFTER_MS) return false;
    this.calledMs.delete(service);
    this.calledMs.set(service, nowMs);
    for (const oldest of this.calledMs.keys()) {
      if (this.calledMs.size <= MOST_KNOWN) break;
      this.calledMs.delete(oldest);
    }
    for (const listener of this.listeners) listener(service);
    return true;
  }
}
