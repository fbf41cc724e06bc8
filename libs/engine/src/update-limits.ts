import type Docker from 'dockerode';
import type { Request } from './answered.js';
import { EngineError } from './errors.js';

/** Limits of a container that runs, all of them in one update; what is left out stays. */
export interface LimitsUpdate {
  /** CPUs; a half is 0.5. */
  readonly cpus?: number;
  /** As the kernel writes sets of CPUs, such as `0-3,6`. */
  readonly cpuset?: string;
  /** Without swap beside it; -1 is no limit. */
  readonly memoryBytes?: number;
}

const NANOS = 1_000_000_000;
const PERIOD_US = 100_000;
/** A container that was made with `--cpu-quota` has no `--cpus`, and the other way round. */
const CONFLICT = 409;

export const updateLimits =
  (docker: Docker, id: string, update: LimitsUpdate): Request<unknown> =>
  async (abortSignal) => {
    const container = docker.getContainer(id);
    const { cpus, ...rest } = update;
    try {
      return await container.update({ ...bodyOf(update), abortSignal });
    } catch (error) {
      if (cpus === undefined || (error as { statusCode?: number }).statusCode !== CONFLICT) throw error;
      const quota = { CpuPeriod: PERIOD_US, CpuQuota: Math.round(cpus * PERIOD_US) };
      return container.update({ ...bodyOf(rest), ...quota, abortSignal }).catch(() => {
        throw error;
      });
    }
  };

const bodyOf = ({ cpus, cpuset, memoryBytes }: LimitsUpdate): Record<string, unknown> => ({
  ...(cpus !== undefined && { NanoCpus: Math.round(cpus * NANOS) }),
  ...(cpuset !== undefined && { CpusetCpus: cpuset }),
  // The same as memory, as containers are made: no swap.
  ...(memoryBytes !== undefined && { Memory: memoryBytes, MemorySwap: memoryBytes }),
});

export const noUpdates = (): EngineError =>
  new EngineError('ENGINE_UNSUPPORTED', {
    message: 'The engine does not change limits of containers that run.',
    hint: 'They have to be written into their control groups.',
  });
