import { expect, it } from 'vitest';
import { SshNodeEngines } from './node-engines.js';

type Parts = ConstructorParameters<typeof SshNodeEngines>[0];

it('a node that is unreachable, as its agent says, is not asked: each step waited for its connection', async () => {
  const asked: string[] = [];
  const logins = { of: (node: string) => Promise.resolve(void asked.push(node)) };
  const verdicts = { unreachable: (node: string) => (node === 'lost' ? 'connect ECONNREFUSED' : undefined) };
  const engines = new SshNodeEngines({ logins, verdicts } as unknown as Parts);
  await expect(engines.inspect('lost', 'c')).rejects.toMatchObject({
    code: 'NODE_UNREACHABLE',
    message: 'Node lost does not answer: connect ECONNREFUSED.',
  });
  expect(asked).toEqual([]);
  await expect(engines.inspect('other', 'c')).rejects.toThrow('no login');
  expect(asked).toEqual(['other']);
});
