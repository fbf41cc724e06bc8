import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogue, ConfigFileError, parseServiceConfig } from '#libs/contracts';
import { ApiError, parseInput } from '#libs/http';
import { decode, PermanentError } from '#libs/kafka';
import { createLogger } from '#libs/telemetry';
import { hasMarker, markedTexts } from './marked-json.js';

const RUNS = { numRuns: 75 };

const configs = {
  'config.json': {
    $schema: './config.schema.json',
    ...{ runtime: 'node', version: '24', port: 3000, command: ['node', 'server.js'], install: 'npm ci' },
    ...{ build: ['npm', 'run', 'build'], env: { COLOUR: 'red' }, secrets: { PASSWORD: 'orders-password' } },
    health: { path: '/health', timeoutMs: 500, startupMs: 5_000, stableMs: 100 },
    ...{ resources: { cpu: 0.5, memoryMiB: 64 }, replicas: 2 },
    stop: { signal: 'SIGTERM', graceMs: 1_000, drainMs: 100 },
  },
  'config.json of the older form': {
    ...{ language: 'python:3.10-alpine', workdir: '/app', port: '8000', command: 'python app.py' },
    ...{ packages_file_path: 'requirements.txt', package_installation_cmd: 'pip install x' },
  },
};

const logged: string[] = [];
const logger = createLogger({
  ...{ app: 'test', replica: 'r' },
  destination: { write: (line) => logged.push(line) },
});

function shownInLog(error: unknown): string {
  logger.error({ err: error }, 'failed');
  return logged.splice(0).join('\n');
}

/** What an error shows to anybody, in a reply or in a log, with its causes. */
function shown(error: unknown): string {
  return `${shownInLog(error)}\n${inspect(error, { depth: 5 })}`;
}

/** Runs it on texts that hold the marker. It throws the expected error, which shows no part of it, at least often. */
function neverShown(
  document: unknown,
  read: (text: string) => unknown,
  expected: new (...args: never[]) => Error,
) {
  let refused = 0;
  fc.assert(
    fc.property(markedTexts(document), (text) => {
      try {
        read(text);
      } catch (error) {
        expect(error).toBeInstanceOf(expected);
        expect(hasMarker(shown(error)), text).toBe(false);
        refused += 1;
      }
    }),
    RUNS,
  );
  expect(refused).toBeGreaterThan(RUNS.numRuns / 2);
}

describe('a value that is not ours is never repeated', () => {
  it.each(Object.entries(configs))('from %s', (_, config) => {
    expect(() => parseServiceConfig(JSON.stringify(config))).not.toThrow();
    neverShown(config, parseServiceConfig, ConfigFileError);
  });

  it.each(catalogue.map((definition) => [definition.type, definition] as const))(
    'from the message %s',
    (type, definition) => {
      const read = (text: string): unknown =>
        decode(
          { topic: definition.topic, partition: 0 },
          { value: Buffer.from(text), headers: { ce_type: type }, offset: '1' } as never,
          [definition],
        );
      expect(() => read(JSON.stringify(definition.example))).not.toThrow();
      neverShown(definition.example, read, PermanentError);
    },
  );

  it('from the headers of a message', () => {
    const value = Buffer.from('{}');
    for (const headers of [{ ce_type: 'Hunter2!' }, { ce_id: `Hunter2!${'x'.repeat(300)}` }]) {
      const read = (): unknown =>
        decode({ topic: 't', partition: 0 }, { value, headers, offset: '1' } as never, catalogue);
      expect(read).toThrow(PermanentError);
      expect(read).not.toThrow(/Hunter2/);
    }
  });

  it('from the body of a call', () => {
    const schema = z.strictObject({
      name: z.string().regex(/^[a-z]+$/),
      port: z.int(),
      kind: z.enum(['a', 'b']),
      login: z.union([
        z.strictObject({ password: z.string().max(5) }),
        z.strictObject({ key: z.string().max(5) }),
      ]),
      tags: z.array(z.string().max(5)),
      labels: z.record(z.string().regex(/^[a-z]+$/), z.string().max(5)),
    });
    const body = {
      ...{ name: 'a', port: 1, kind: 'a', login: { password: 'p' }, tags: ['x'], labels: { a: 'b' } },
    };
    const read = (text: string): unknown => {
      let input: unknown;
      try {
        input = JSON.parse(text) as unknown;
      } catch {
        // What is broken as JSON never reaches a controller: see libs/http.
        return undefined;
      }
      return parseInput(schema, input);
    };
    let refused = 0;
    fc.assert(
      fc.property(markedTexts(body), (text) => {
        try {
          read(text);
        } catch (error) {
          refused += 1;
          expect(error).toBeInstanceOf(ApiError);
          expect(hasMarker(shown(error)), text).toBe(false);
        }
      }),
      RUNS,
    );
    expect(refused).toBeGreaterThan(RUNS.numRuns / 5);
  });
});

describe('the logger', () => {
  it('leaves out what a database quotes of the values that it refuses', () => {
    const quoted = { detail: 'Key (token)=(hunter2) exists', where: 'JSON data, line 1: hunter2' };
    const error = Object.assign(new Error('duplicate key'), { code: '23505', ...quoted });
    const said = shownInLog(error);
    expect(said).toContain('23505');
    expect(said).not.toContain('hunter2');
  });
});
