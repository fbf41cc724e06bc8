import { until } from '#libs/testing';

export interface SeenEvent {
  readonly id: number;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>> & { readonly name?: string };
}

/** For tests: reads server-sent events as https://html.spec.whatwg.org/multipage/server-sent-events.html says. */
export class EventStream {
  readonly events: SeenEvent[] = [];
  /** As a client would send it: also that of heartbeats. */
  lastEventId: string | undefined;
  /** How the answer ended: in order, or cut off. */
  ended: 'in order' | 'cut off' | undefined;
  private readonly abort = new AbortController();
  private constructor(readonly response: Response) {}

  static async open(url: string, token: string, lastEventId?: string): Promise<EventStream> {
    const abort = new AbortController();
    const headers = {
      authorization: `Bearer ${token}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    const stream = new EventStream(await fetch(url, { headers, signal: abort.signal }));
    stream.abort.signal.addEventListener('abort', () => abort.abort());
    void stream.read();
    return stream;
  }

  /** Of things that changed, in their order. */
  names(): readonly (string | undefined)[] {
    return this.events.filter(({ event }) => event === 'change').map(({ data }) => data.name);
  }

  untilSeen(count: number): Promise<unknown> {
    return until(`${count} events`, () => this.events.length >= count);
  }

  close(): void {
    this.abort.abort();
  }

  private async read(): Promise<void> {
    let rest = '';
    try {
      for await (const piece of (this.response.body ?? new ReadableStream()).pipeThrough(
        new TextDecoderStream(),
      )) {
        const blocks = (rest + piece).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
      this.ended = 'in order';
    } catch {
      this.ended = 'cut off';
    }
  }

  private take(block: string): void {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s)));
    this.lastEventId = fields['id'] ?? this.lastEventId;
    if (fields['data'] === undefined) return;
    const data = JSON.parse(fields['data']) as SeenEvent['data'];
    this.events.push({ id: Number(fields['id']), event: String(fields['event']), data });
  }
}
