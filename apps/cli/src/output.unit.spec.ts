import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { failure } from './errors.js';
import { Output } from './output.js';

const stream = () => new PassThrough() as PassThrough & NodeJS.WriteStream;
const problem = (code: string, message: string) =>
  ({ code, severity: 'refuses', message, hint: `${code}: do this.` }) as const;

function said(message: string, problems: readonly ReturnType<typeof problem>[]): string {
  const err = stream();
  const output = new Output({ json: false, out: stream(), err });
  output.failed(failure('NO_SOCKET', message, { hint: 'Look.', problems }));
  return String(err.read());
}

it('the one thing that is wrong with a machine was told twice', () => {
  const text = said('There is no socket.', [problem('NO_SOCKET', 'There is no socket.')]);
  expect(text.match(/There is no socket/g)).toHaveLength(1);
});

it('of several things each is told with what to do', () => {
  const problems = [problem('NO_SOCKET', 'There is no socket.'), problem('CLOCK', 'It is late.')];
  const text = said('There is no socket. It is late.', problems);
  for (const { hint } of problems) expect(text).toContain(hint);
});
