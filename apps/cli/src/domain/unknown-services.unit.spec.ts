import { expect, it } from 'vitest';
import type { DeploymentReply } from '#libs/contracts';
import { nextCommand } from './next-command.js';
import { plainPaint } from './progress-lines.js';
import { replyLines } from './reply-lines.js';
import { refuseUnknown } from './unknown-services.js';

const idle = (name: string) => ({ name, status: 'not-running' as const, instances: [], phases: {} });
const reply: DeploymentReply = {
  ...{ token: 't', status: true, failed: [] },
  services: [idle('web'), { ...idle('zzz'), notes: ['hello/zzz was never run.'] }],
};

it('a typing error passes as a stop: a service that there is not is refused, the others are stopped', () => {
  const judged = refuseUnknown(reply, 'hello', ['zzz']);
  expect(judged).toMatchObject({ status: false, failed: ['zzz'] });
  expect(replyLines(judged, 120, { paint: plainPaint, columns: 80 })).toEqual([
    ' ✔ web  was not running',
    ' ✖ zzz  failed',
    '     SERVICE_UNKNOWN  There is no service hello/zzz.',
    '     hint: Check the name. See which there are: slipway status hello',
    'Failed: zzz in 0.12s',
  ]);
  expect(nextCommand(judged, { mode: 'stop', appId: 'hello' })).toBe('slipway status hello');
});

it('what is known and did not run is stopped', () => {
  expect(refuseUnknown(reply, 'hello', [])).toBe(reply);
});
