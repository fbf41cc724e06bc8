import { describe, expect, it } from 'vitest';
import { deploymentReplied } from '#libs/contracts';
import { replyToUnreadable } from './unreadable-request.js';

const reply = (body: object | string) =>
  replyToUnreadable(typeof body === 'string' ? body : JSON.stringify(body), 'mode: expected run');

describe('replyToUnreadable', () => {
  it('fails every service that it can name, and says why', () => {
    const answer = reply({
      token: 't-1',
      mode: 'fly',
      services: ['web', { name: 'my_api' }, 7, null, '../etc'],
    });
    expect(answer).toMatchObject({ token: 't-1', status: false, failed: ['web', 'my-api'] });
    expect(answer?.error).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(answer?.error?.message).toContain('mode: expected run');
    expect(deploymentReplied.schema.safeParse(answer).success).toBe(true);
  });

  it.each(['', '{', 'null', '[]', '"text"', '{"token":7}', '{"token":"has blanks"}', '{"token":""}'])(
    'has no one to answer in %j',
    (body) => expect(reply(body)).toBeUndefined(),
  );

  it('repeats no more services than a request may have: the reply would be too large for its topic', () => {
    const services = Array.from({ length: 50_000 }, (_, n) => `s${n}`);
    expect(reply({ token: 't', services })?.failed).toHaveLength(100);
  });

  it('does not repeat each of a hundred thousand faults: the reply would be too large for its topic', () => {
    const reason = 'services.0: expected string; '.repeat(100_000);
    const answer = replyToUnreadable('{"token":"t"}', reason);
    expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(10_000);
    expect(answer?.error?.message).toMatch(/bytes more\)$/);
  });

  it('reads services of any shape', () => {
    expect(reply({ token: 't', services: 'web' })?.failed).toEqual([]);
  });
});
