import { ConfigError } from '#libs/config';
import type { RunningApp } from '#libs/runtime';
import { startAgent } from '../../agent/src/start.js';
import { startDeployer } from '../../deployer/src/start.js';
import { startGateway } from '../../gateway/src/start.js';
import { startLoadBalancer } from '../../load-balancer/src/start.js';
import { startNodeManager } from '../../node-manager/src/start.js';
import { startRescaler } from '../../rescaler/src/start.js';

/** Every app in this process, each with its own schema, consumers and HTTP port, for one machine. */
export async function startStandalone(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const starts = [
    ...[startNodeManager, startLoadBalancer, startDeployer, startAgent, startGateway, startRescaler],
  ].map((start) => start(env));
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
    throw asOne(failures);
  }
  return {
    httpUrl: apps[0]?.httpUrl ?? '',
    failed: Promise.race(apps.map((app) => app.failed)),
    close,
  };
}

/** The apps share most variables, so most of what goes wrong goes wrong in each: it is said once. */
function asOne(failures: readonly unknown[]): Error {
  const problems = failures.flatMap((failure) => (failure instanceof ConfigError ? failure.problems : []));
  if (problems.length > 0)
    return new ConfigError([...new Map(problems.map((problem) => [problem.name, problem])).values()]);
  const messages = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
  return new AggregateError(failures, [...new Set(messages)].join('\n'));
}
