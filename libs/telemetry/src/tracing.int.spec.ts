import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OtlpCollector, startOtlpCollector, until } from '#libs/testing';
import { currentTraceparent, noTracing, startTracing, type Tracing, withinTrace } from './index.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

const warnings: { readonly message: string; readonly trace: string | undefined }[] = [];
const logger = {
  warn: (_: object, message: string): void => void warnings.push({ message, trace: currentTraceparent() }),
};
const open: Tracing[] = [];

async function tracingTo(url: string, service = 'deployer'): Promise<Tracing> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/` };
  const tracing = await startTracing({ service, replica: 'r1', env, logger });
  open.push(tracing);
  return tracing;
}

let collector: OtlpCollector;
beforeAll(async () => {
  collector = await startOtlpCollector();
});
afterAll(() => collector.stop());

afterEach(async () => {
  await Promise.all(open.splice(0).map((tracing) => tracing.stop()));
  warnings.length = 0;
  vi.unstubAllEnvs();
});

const collected = (name: string) => collector.spans.find((span) => span.name === name);

describe('tracing', () => {
  it('is off, and loads nothing, without an endpoint or when the SDK is disabled', async () => {
    expect(await startTracing({ service: 'x', replica: 'r', env: {}, logger })).toBe(noTracing);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: true };
    expect(await startTracing({ service: 'x', replica: 'r', env, logger })).toBe(noTracing);
  });

  it("continues a message's trace, through spans of two apps of one process", async () => {
    const [one, two] = [await tracingTo(collector.url, 'one'), await tracingTo(collector.url, 'two')];
    let carried: string | undefined;
    await one.withSpan({ name: 'outer', kind: 'consumer', parent: TRACEPARENT }, () =>
      two.withSpan({ name: 'inner', attributes: { 'slipway.token': 't', left: undefined } }, async (span) => {
        await Promise.resolve();
        carried = currentTraceparent();
        expect(span.traceparent).toBe(carried);
      }),
    );
    await Promise.all([one.stop(), two.stop()]);
    const [outer, inner] = [collected('outer'), collected('inner')];
    expect(outer).toMatchObject({ service: 'one', kind: 5, traceId: TRACE_ID, parentSpanId: SPAN_ID });
    expect(inner).toMatchObject({ service: 'two', kind: 1, traceId: TRACE_ID, parentSpanId: outer?.spanId });
    expect(inner?.attributes).toEqual({ 'slipway.token': 't' });
    expect(carried).toBe(`00-${TRACE_ID}-${inner?.spanId}-01`);
  });

  it('begins a trace where there is none, also when what came in is no traceparent', async () => {
    const tracing = await tracingTo(collector.url);
    await tracing.withSpan({ name: 'root', parent: 'nonsense' }, () => Promise.resolve());
    await tracing.stop();
    expect(collected('root')?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(collected('root')?.parentSpanId ?? '').toBe('');
  });

  it('marks a span that failed with the code, and lets the error go on', async () => {
    const tracing = await tracingTo(collector.url);
    const fault = Object.assign(new Error('no such blob'), { code: 'SOURCE_NOT_FOUND' });
    await expect(tracing.withSpan({ name: 'failing' }, () => Promise.reject(fault))).rejects.toBe(fault);
    await tracing.stop();
    expect(collected('failing')).toMatchObject({ status: { code: 2, message: 'no such blob' } });
    expect(collected('failing')?.attributes['error.type']).toBe('SOURCE_NOT_FOUND');
  });

  it('samples as OTEL_TRACES_SAMPLER says, and passes on that a trace is not sampled', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off');
    const tracing = await tracingTo(collector.url);
    const seen = await tracing.withSpan({ name: 'unsampled', parent: TRACEPARENT }, async (span) => {
      return span.traceparent;
    });
    await tracing.stop();
    expect(seen).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
    expect(collected('unsampled')).toBeUndefined();
  });

  it('leaves nothing of a trace behind for what comes after', async () => {
    const tracing = await tracingTo(collector.url);
    await withinTrace(TRACEPARENT, () => tracing.withSpan({ name: 'before' }, () => Promise.resolve()));
    expect(currentTraceparent()).toBeUndefined();
  });
});

describe('an exporter that is down', () => {
  let refusing: Server;
  beforeAll(async () => {
    // An answer before the end of a request may cut it off, and what was cut off is sent again a second later.
    refusing = createServer((request, response) =>
      request.resume().on('end', () => response.writeHead(400).end()),
    );
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void refusing.close());
  // Whatever the environment says of sampling: without spans there is nothing that could be refused.
  beforeEach(() => void vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_on'));

  it('costs the work nothing and is warned of once, however many spans are lost', async () => {
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '20');
    const tracing = await tracingTo(`http://127.0.0.1:${(refusing.address() as AddressInfo).port}`);
    let requests = 0;
    refusing.on('request', () => (requests += 1));
    const send = (): Promise<number> => tracing.withSpan({ name: 'lost' }, async () => 7);
    await until('three exports to be refused', async () => (await send()) === 7 && requests > 3);
    await tracing.stop();
    expect(warnings).toMatchObject([
      { message: expect.stringContaining('dropped') as string, trace: undefined },
    ]);
  });

  it('that never answers does not hold up the end', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const tracing = await tracingTo(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    open.pop();
    await tracing.withSpan({ name: 'stuck' }, () => Promise.resolve());
    const started = performance.now();
    await tracing.stop();
    expect(performance.now() - started).toBeLessThan(4_000);
    silent.closeAllConnections();
    silent.close();
  });
});
