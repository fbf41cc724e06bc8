import type { Message } from 'kafkajs';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const STRANGE: readonly Json[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1e308,
    2 ** 53,
    '',
    ' ',
    '\u0000',
    '\u202e',
    '../../etc/passwd',
    "'; DROP TABLE requests;--",
  ],
  ...['$(id)', '__proto__', 'constructor', 'x'.repeat(5_000), '😀', [], {}, [[]], { a: { b: {} } }],
];

/** Breaks messages in the ways that they break in the wild, and in the ways that somebody would try. */
export class Mutator {
  constructor(private readonly random: () => number) {}

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  /** A message made of `body`, mutated somewhere or (one in ten) not at all. */
  message(body: { [name: string]: Json }, headers: Record<string, string>): Message {
    const way = this.pick([
      ...([
        'value',
        'value',
        'value',
        'members',
        'bytes',
        'bytes',
        'cut',
        'headers',
        'form',
        'none',
      ] as const),
    ]);
    const text = JSON.stringify(way === 'value' || way === 'members' ? this.changed(body, way) : body);
    return {
      key: this.pick([null, 'shop', '', 'x'.repeat(300)]),
      value: this.valueOf(way, text),
      headers: way === 'headers' ? this.headers(headers) : headers,
    };
  }

  private valueOf(way: string, text: string): Buffer | null {
    const bytes = Buffer.from(text);
    if (way === 'cut') return bytes.subarray(0, Math.floor(this.random() * bytes.length));
    if (way === 'form')
      return this.pick([null, Buffer.alloc(0), Buffer.from(`[${text}]`), Buffer.from('['.repeat(20_000))]);
    if (way !== 'bytes') return bytes;
    for (let times = 1 + Math.floor(this.random() * 8); times > 0; times -= 1)
      bytes[Math.floor(this.random() * bytes.length)] = Math.floor(this.random() * 256);
    return bytes;
  }

  private changed(body: { [name: string]: Json }, way: 'value' | 'members'): Json {
    const copy = structuredClone(body);
    const name = this.pick(Object.keys(copy));
    if (way === 'value') copy[name] = this.pick(STRANGE);
    else if (this.random() < 0.5) delete copy[name];
    else copy[`${name}${this.pick(['', '2', '\u0000', '__proto__'])}`] = this.pick(STRANGE);
    return copy;
  }

  private headers(headers: Record<string, string>): Message['headers'] {
    const name = this.pick([
      'ce_type',
      'ce_id',
      'ce_specversion',
      'ce_time',
      'content-type',
      'ce_traceparent',
      'traceparent',
    ]);
    const value = this.pick([
      '',
      'slipway.nothing.v1',
      'x'.repeat(10_000),
      '\u0000',
      '00-zz-zz-01',
      'slipway.deployment.replied.v1',
    ]);
    return { ...headers, [name]: this.random() < 0.2 ? [value, value] : value };
  }
}
