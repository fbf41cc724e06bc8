import { describe, expect, it } from 'vitest';
import type { AssignedNode } from '#libs/contracts';
import type { Pool } from '#libs/postgres';
import { NodeLogins } from './node-logins.js';

const login = (sealedLogin: string, more: Partial<AssignedNode> = {}): AssignedNode => ({
  ...{ name: 'node-1', address: '10.0.0.1', sshPort: 22, sshUser: 'root', hostKeyFingerprint: 'SHA256:x' },
  ...{ port: 20_000, score: 50, sealedLogin, ...more },
});

/** A database in which one login, or none, is stored. */
function stored(of: AssignedNode | undefined) {
  const asked: string[] = [];
  const query = (_: string, [node]: [string]) => {
    asked.push(node);
    return Promise.resolve({ rows: of === undefined ? [] : [{ login: of }] });
  };
  return { asked, logins: new NodeLogins({ query } as unknown as Pool) };
}

describe('the logins of nodes', () => {
  it('are asked for once for all that a start asks of its engine', async () => {
    const { asked, logins } = stored(login('stored'));
    for (let n = 0; n < 3; n += 1) expect((await logins.of('node-1'))?.sealedLogin).toBe('stored');
    expect(asked).toEqual(['node-1']);
  });

  it('that an answer brings count at once: a node that was enrolled anew is not tried with its old key', async () => {
    const { logins } = stored(login('old'));
    await logins.of('node-1');
    logins.see(login('new'));
    expect((await logins.of('node-1'))?.sealedLogin).toBe('new');
  });

  it('that nobody stored are asked for again', async () => {
    const { asked, logins } = stored(undefined);
    expect(await logins.of('node-1')).toBeUndefined();
    expect(await logins.of('node-1')).toBeUndefined();
    expect(asked).toHaveLength(2);
  });

  it('tell how many CPUs a machine has, as the latest answer that told says', () => {
    const { logins } = stored(undefined);
    expect(logins.cpusOf('node-1')).toBeUndefined();
    logins.see(login('a', { cpus: 8 }));
    logins.see(login('b'));
    expect(logins.cpusOf('node-1')).toBe(8);
  });
});
