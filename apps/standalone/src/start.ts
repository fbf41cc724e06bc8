import type { RunningApp } from '#libs/runtime';
import { startDeployer } from '../../deployer/src/start.js';
import { startLoadBalancer } from '../../load-balancer/src/start.js';
import { startNodeManager } from '../../node-manager/src/start.js';

/** Every app in this process, each with its own schema, consumers and HTTP port, for one machine. */
export async function startStandalone(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const starts = [startNodeManager(env), startLoadBalancer(env), startDeployer(env)];
  const results = await Promise.allSettled(starts);
  const apps = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(apps.map((app) => app.close()));
  };
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) {
    await close();
    throw new AggregateError(failures, [...new Set(failures.map(String))].join('\n'));
  }
  return { httpUrl: (await starts[0])?.httpUrl ?? '', close };
}
