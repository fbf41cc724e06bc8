import type { Admin } from 'kafkajs';
import { topics } from '#libs/contracts';

/** Who reads what the fuzzers publish. */
const GROUP = `slipway.deployer.${topics.deploymentRequests}`;
/** Of one service the requests would be carried out one after another. */
const APPS = 100;

/** Nothing that would build: a mutation that is still a request stops what does not run. */
export const bodyWith = (token: string, n = 0) => ({
  token,
  mode: 'stop',
  appId: `fuzz-${n % APPS}`,
  appName: 'Fuzz',
  services: ['web', { name: 'api', source: { blob: 'b.zip' } }],
  deadlineMs: 60_000,
});

/** What the group has not read and settled yet. */
export async function lag(admin: Admin): Promise<number> {
  const [ends, [committed]] = await Promise.all([
    admin.fetchTopicOffsets(topics.deploymentRequests),
    admin.fetchOffsets({ groupId: GROUP, topics: [topics.deploymentRequests] }),
  ]);
  return ends.reduce((sum, { partition, high }) => {
    const at = committed?.partitions.find((candidate) => candidate.partition === partition)?.offset ?? '0';
    return sum + Number(high) - Math.max(0, Number(at));
  }, 0);
}
