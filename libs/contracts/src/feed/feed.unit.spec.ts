import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { feedMessages } from './messages.js';
import { parseFromGateway, parseFromLoadBalancer } from './parse-feed-message.js';

const folder = new URL('../../golden/feed/', import.meta.url);
const named = feedMessages.map((message) => [message.type, message] as const);
const parserOf = { gateway: parseFromGateway, 'load balancer': parseFromLoadBalancer };

describe('golden messages of the feed', () => {
  it('exist for every message, and for nothing unknown', () => {
    expect(readdirSync(folder).sort()).toEqual(named.map(([type]) => `${type}.v1.json`).sort());
  });

  it.each(named)('%s parses, and its example is the published one', (type, { from, example }) => {
    const text = readFileSync(new URL(`${type}.v1.json`, folder), 'utf8');
    const golden = JSON.parse(text) as object;
    expect(parserOf[from](text)).toEqual({ kind: 'message', message: golden });
    expect(example).toMatchObject(golden);
  });
});

describe('a message that cannot be read', () => {
  it('is named by its field and what was expected, never by its value', () => {
    const secret = 'hunter2';
    for (const [text, problem] of [
      ['{"type":"applied"', 'not valid JSON at line 1, column 18'],
      ['[]', 'message: expected object, received array'],
      [`{"type":7,"x":"${secret}"}`, 'type: expected string, received number'],
      [`{"type":"applied","revision":"${secret}","busy":[]}`, 'revision: expected number, received string'],
      [
        `{"type":"hello","protocol":1,"gateway":"g","process":"${secret}!"}`,
        'process: expected 8 to 64 letters, digits and hyphens',
      ],
    ] as const) {
      const parsed = parseFromGateway(text);
      expect(parsed).toEqual({ kind: 'problem', problem });
      expect(JSON.stringify(parsed)).not.toContain(secret);
    }
  });

  it('is passed over where a newer version has added its type, a kind or a member', () => {
    expect(parseFromGateway('{"type":"weights","scores":{}}')).toEqual({ kind: 'unknown' });
    expect(parseFromLoadBalancer('{"type":"weights","scores":{}}')).toEqual({ kind: 'unknown' });
    const route = { kind: 'route', name: 'shop/web/0', route: { host: 'shop.example' } };
    const changes = { type: 'changes', from: 1, revision: 2, entries: [route], at: 'now' };
    expect(parseFromLoadBalancer(JSON.stringify(changes))).toMatchObject({
      ...{ kind: 'message', message: { entries: [{ kind: 'route', name: 'shop/web/0' }] } },
    });
  });
});
