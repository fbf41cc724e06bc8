import { describe, expect, it } from 'vitest';
import { currentTraceparent, formatTraceparent, noTracing, parseTraceparent, withinTrace } from './index.js';
import { createLogger } from './logger.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE_ID}-${SPAN_ID}-01`;

describe('a traceparent', () => {
  it('is read and written as the W3C has it', () => {
    const position = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 };
    expect(parseTraceparent(TRACEPARENT)).toEqual(position);
    expect(formatTraceparent(position)).toBe(TRACEPARENT);
    expect(formatTraceparent({ ...position, traceFlags: 0 })).toBe(`00-${TRACE_ID}-${SPAN_ID}-00`);
  });

  it('of a later version counts by the fields that are known', () => {
    expect(parseTraceparent(`cc-${TRACE_ID}-${SPAN_ID}-01-more`)?.traceId).toBe(TRACE_ID);
  });

  it.each([
    [undefined],
    [''],
    ['nonsense'],
    [`00-${TRACE_ID}-${SPAN_ID}`],
    [`00-${TRACE_ID}-${SPAN_ID}-01-more`],
    [`ff-${TRACE_ID}-${SPAN_ID}-01`],
    [`00-${'0'.repeat(32)}-${SPAN_ID}-01`],
    [`00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    [`00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
    [`00-${TRACE_ID}-${SPAN_ID}-0g`],
  ])('that is none is left out, not refused: %s', (text) => {
    expect(parseTraceparent(text)).toBeUndefined();
    expect(withinTrace(text, currentTraceparent)).toBeUndefined();
  });
});

describe('a process that does not trace', () => {
  it("lets a message's trace through to what it sends, across waits", async () => {
    const seen = await noTracing.withSpan({ name: 'x', parent: TRACEPARENT }, async ({ traceparent }) => {
      await Promise.resolve();
      return [traceparent, currentTraceparent()];
    });
    expect(seen).toEqual([TRACEPARENT, TRACEPARENT]);
    expect(currentTraceparent()).toBeUndefined();
  });

  it('puts nothing on what belongs to no trace', async () => {
    const within = withinTrace(TRACEPARENT, () => withinTrace(undefined, currentTraceparent));
    expect(within).toBeUndefined();
    expect(await noTracing.withSpan({ name: 'x' }, async (span) => span.traceparent)).toBeUndefined();
  });

  it('keeps what the work throws', async () => {
    const fault = new Error('of the work');
    await expect(noTracing.withSpan({ name: 'x' }, () => Promise.reject(fault))).rejects.toBe(fault);
  });
});

describe('a log line', () => {
  it('names the trace that it was written in, and none outside of one', () => {
    const lines: string[] = [];
    const destination = { write: (line: string): void => void lines.push(line) };
    const logger = createLogger({ app: 'deployer', replica: 'r1', destination });
    withinTrace(TRACEPARENT, () => logger.child({ token: 't' }).info('in'));
    logger.info('out');
    const [inside, outside] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(inside).toMatchObject({ trace_id: TRACE_ID, span_id: SPAN_ID, token: 't' });
    expect(outside).not.toHaveProperty('trace_id');
  });
});
