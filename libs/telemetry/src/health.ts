export interface Readiness {
  readonly ready: boolean;
  /** What each check said: `ok` or the error's message. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Whether this process may be given work. A check that does not answer in `timeoutMs` has failed. */
export class Health {
  private readonly checks = new Map<string, () => Promise<void> | void>();
  private failure: string | undefined;

  constructor(private readonly timeoutMs = 2_000) {}

  /** A check is well when it returns or resolves. */
  register(name: string, check: () => Promise<void> | void): void {
    this.checks.set(name, check);
  }

  /** For good: this process is to be replaced. */
  failReadiness(reason: string): void {
    this.failure ??= reason;
  }

  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await this.outcome(check)] as const),
    );
    const checks = Object.fromEntries(results);
    if (this.failure !== undefined) return { ready: false, checks: { ...checks, process: this.failure } };
    return { ready: results.every(([, said]) => said === 'ok'), checks };
  }

  private async outcome(check: () => Promise<void> | void): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer within ${this.timeoutMs} ms`), this.timeoutMs);
    });
    const said = Promise.resolve()
      .then(check)
      .then(
        () => 'ok',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
    return Promise.race([said, late]).finally(() => clearTimeout(timer));
  }
}
