/** One of server-sent events. */
export interface ServerSentEvent {
  /** The id of the last that had one. */
  readonly id: string | undefined;
  readonly event: string;
  /** Empty where only the id is new. */
  readonly data: string;
}

/**
 * The events of a stream that comes in pieces, as https://html.spec.whatwg.org/multipage/server-sent-events.html says;
 * also those without data, for their ids.
 */
export async function* serverSentEvents(pieces: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let held = '';
  let id: string | undefined;
  for await (const piece of pieces) {
    const blocks = (held + piece).split('\n\n');
    held = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => /^([^:]*)(?:: ?)?(.*)$/s.exec(line) ?? []);
      const all = (name: string) =>
        fields.filter(([, field]) => field === name).map(([, , value = '']) => value);
      id = all('id').at(-1) ?? id;
      yield { id, event: all('event').at(-1) ?? 'message', data: all('data').join('\n') };
    }
  }
}
