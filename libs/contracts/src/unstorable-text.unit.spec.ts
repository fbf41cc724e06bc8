import { describe, expect, it } from 'vitest';
import { deploymentRequested } from './messages/deployment-requested.js';
import { scaleRequested } from './messages/scale-requested.js';
import { printable } from './names.js';

const deployment = { ...(deploymentRequested.example as object) };
const scale = { ...(scaleRequested.example as object) };
const ofService = (part: object) => ({ services: [{ name: 'web', ...part }] });
const CANNOT_BE_STORED = [
  ['a NUL', 'abc\0'],
  ['half a character', 'abc\uD83D'],
] as const;

describe.each(CANNOT_BE_STORED)('%s in a request', (_, text) => {
  it.each<readonly [string, object]>([
    ['replyTo', { replyTo: text }],
    ['token', { token: text }],
    ['appId', { appId: text }],
    ['appName', { appName: text }],
    ['principal', { principal: text }],
    ['reason', { reason: text }],
    ['cancels', { cancels: text }],
    ['services.0.name', { services: [{ name: text }] }],
    ['services.0.source.blob', ofService({ source: { blob: text } })],
    ['services.0.source.container', ofService({ source: { blob: 'a.zip', container: text } })],
    ['services.0.release', ofService({ release: text })],
    ['services.0.dependsOn.0', ofService({ dependsOn: [text] })],
  ])('became a 500 over HTTP and no reply over Kafka: %s is refused', (field, part) => {
    const { error } = deploymentRequested.schema.safeParse({ ...deployment, ...part });
    const paths = error?.issues.flatMap((issue) =>
      issue.code === 'invalid_union'
        ? issue.errors.flat().map(({ path }) => [...issue.path, ...path].join('.'))
        : [issue.path.join('.')],
    );
    expect(paths).toContain(field);
  });

  it.each(['token', 'appId', 'service', 'instance', 'reason', 'principal'])(
    'became a 500 over HTTP and no reply over Kafka: %s of a scale request is refused',
    (field) => {
      const { error } = scaleRequested.schema.safeParse({ ...scale, [field]: text });
      expect(error?.issues.map(({ path }) => path.join('.'))).toContain(field);
    },
  );
});

it('text for people may hold what is no control character', () => {
  expect(printable(20).safeParse('Der Laden – 🚢').success).toBe(true);
});

it('takes the topics and containers that there can be', () => {
  const source = { blob: 'a.zip', container: 'my-container-1' };
  const request = { ...deployment, replyTo: 'my.replies_1-a', ...ofService({ source }) };
  expect(deploymentRequested.schema.safeParse(request).success).toBe(true);
});
