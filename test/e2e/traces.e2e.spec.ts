import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import {
  type CollectedSpan,
  type OtlpCollector,
  requireEnv,
  startOtlpCollector,
  uniqueName,
  until,
} from '#libs/testing';
import { Client, greeter, type Seen } from './client.js';

const client = new Client();
let collector: OtlpCollector;
beforeAll(async () => {
  const { port } = new URL(requireEnv('OTEL_EXPORTER_OTLP_ENDPOINT'));
  collector = await startOtlpCollector(Number(port));
  await client.connect();
});
afterAll(async () => {
  await client.close();
  await collector.stop();
});

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Publishes a request in a trace of the caller's, and waits for the reply with its headers. */
async function askWithin(headers: Record<string, string>, request: object): Promise<Seen<DeploymentReply>> {
  const token = `e2e-${randomUUID()}`;
  await client.publish({ token, appName: 'Traced', ...request }, headers);
  await client.reply(token);
  const seen = client.replies.find(({ data }) => data.token === token);
  if (seen === undefined) throw new Error(`no reply to ${token}`);
  return seen;
}

const spansOf = (traceId: string): readonly CollectedSpan[] =>
  collector.spans.filter((span) => span.traceId === traceId);

/** Spans arrive in batches of each app: the trace is whole when each of these is there. */
async function whole(traceId: string, names: readonly string[]): Promise<readonly CollectedSpan[]> {
  const missing = (): string[] =>
    names.filter((name) => !spansOf(traceId).some((span) => `${span.service}: ${span.name}` === name));
  await until('the whole trace', () => missing().length === 0, { timeoutMs: 20_000 }).catch(() => undefined);
  expect(missing(), 'spans that never came').toEqual([]);
  return spansOf(traceId);
}

const STEPS = [
  ...['survey', 'fetch-source', 'build-image', 'push-image', 'await-node', 'pull-image'],
  ...['start-instance', 'probe-instance'],
];

describe('the trace of a request', () => {
  it('goes on from the caller through every app to the reply, each span below another', async () => {
    const appId = uniqueName('traced');
    const [traceId, callerSpan] = [hex(16), hex(8)];
    await client.push(appId, 'web', greeter('traced'));
    const reply = await askWithin(
      { ce_traceparent: `00-${traceId}-${callerSpan}-01` },
      { mode: 'build-and-run', appId, services: ['web'] },
    );
    const spans = await whole(traceId, [
      'deployer: process deployment.requests',
      ...STEPS.map((step) => `deployer: ${step}`),
      'deployer: send node.requests',
      'load-balancer: process node.requests',
      'load-balancer: place',
      'load-balancer: send node.responses',
      'deployer: process node.responses',
      'deployer: send instance.reports',
      'node-manager: process instance.reports',
      'deployer: send deployment.responses',
    ]);
    const named = (name: string): CollectedSpan | undefined => spans.find((span) => span.name === name);
    const ids = new Set([callerSpan, ...spans.map((span) => span.spanId)]);
    expect(spans.filter((span) => !ids.has(span.parentSpanId ?? ''))).toEqual([]);
    const intake = named('process deployment.requests');
    expect(intake).toMatchObject({ kind: 5, parentSpanId: callerSpan });
    expect(intake?.attributes).toMatchObject({
      'messaging.system': 'kafka',
      'messaging.destination.name': 'deployment.requests',
      'messaging.operation.type': 'process',
      'slipway.token': reply.data.token,
    });
    for (const step of STEPS) expect(named(step)?.parentSpanId, step).toBe(intake?.spanId);
    const node = reply.data.services[0]?.instances[0]?.node;
    expect(named('place')?.attributes).toMatchObject({ 'slipway.outcome': 'placed', 'slipway.node': node });
    expect(named('start-instance')?.attributes).toMatchObject({
      'slipway.token': reply.data.token,
      'slipway.service': 'web',
      'slipway.node': node,
      'slipway.outcome': 'InstanceStarted',
    });
    expect(spans.filter((span) => span.status.code === 2)).toEqual([]);
    const sent = named('send deployment.responses');
    expect(sent).toMatchObject({ kind: 4, parentSpanId: named('probe-instance')?.spanId });
    expect(reply.headers['ce_traceparent']).toBe(`00-${traceId}-${sent?.spanId}-01`);
    await client.ask({ mode: 'stop', appId, services: ['web'] });
  });

  it('is a new one when the caller has none, and names what failed by its code', async () => {
    const reply = await askWithin({}, { mode: 'run', appId: uniqueName('never'), services: ['web'] });
    const [, traceId = ''] = reply.headers['ce_traceparent']?.split('-') ?? [];
    const spans = await whole(traceId, ['deployer: resolve-release', 'deployer: remove-leftovers']);
    const roots = spans.filter((span) => (span.parentSpanId ?? '') === '');
    expect(roots.map((span) => span.name)).toEqual(['process deployment.requests']);
    for (const name of ['resolve-release', 'remove-leftovers']) {
      const span = spans.find((candidate) => candidate.name === name);
      expect(span?.status.code, name).toBe(2);
      expect(span?.attributes['error.type'], name).toBe('RELEASE_NOT_FOUND');
    }
  });

  it('holds the refusal of what is no request, too', async () => {
    const traceId = hex(16);
    const reply = await askWithin({ traceparent: `00-${traceId}-${hex(8)}-01` }, { mode: 'fly' });
    expect(reply.data.error?.code).toBe('REQUEST_INVALID');
    expect(reply.headers['ce_traceparent']).toContain(traceId);
  });

  it('is on every step that deployment.events tells of', async () => {
    const traceId = hex(16);
    const request = { mode: 'stop', appId: uniqueName('never'), services: ['web'] };
    const reply = await askWithin({ ce_traceparent: `00-${traceId}-${hex(8)}-01` }, request);
    const { token } = reply.data;
    await until('the last step', () => client.eventsOf(token).includes('TaskSucceeded'));
    const events = client.events.filter(({ data }) => data.token === token);
    expect(events.length).toBeGreaterThan(2);
    for (const { headers } of events) expect(headers['ce_traceparent']).toContain(traceId);
  });
});
