import { isRecordAway } from '../../task/domain/task-error.js';
import type { RunningInstance } from '../../task/domain/task.events.js';
import type { EffectFile } from '../../task/effect-scope.js';
import type { InstanceEffectPorts } from '../instance.js';
import type { KnownInstance } from '../ports.js';

/** What runs. A node that does not answer leaves that open: its instances count as gone, and are removed later. */
export const survey: EffectFile<'survey', InstanceEffectPorts> = {
  async run(ports, { claim }, state) {
    const { appId, service } = state;
    const makesRoomFor = state.scale?.makesRoomFor;
    const [known, secrets, wanted, volumes, roomAwaited, isOvertaken] = await Promise.all([
      ports.instances.of(appId, service),
      ports.secrets.names(appId),
      ports.specs.forTask(claim.taskId, state),
      ports.instances.volumes(appId, service),
      makesRoomFor && ports.nodeRequests.isAwaited(makesRoomFor.accessToken),
      state.scale?.fence === undefined ? undefined : ports.specs.isOvertaken(state),
    ]);
    const instances = await Promise.all(known.map((instance) => surveyed(ports, instance)));
    return {
      events: [
        {
          type: 'InstancesSurveyed',
          data: {
            ...{ instances, secrets, ...wanted },
            ...(volumes.length > 0 && { volumes }),
            ...(roomAwaited !== undefined && { roomAwaited }),
            ...(isOvertaken === true && { isOvertaken }),
          },
        },
      ],
    };
  },
};

async function surveyed(
  { engines }: InstanceEffectPorts,
  { name, node, container, report, release }: KnownInstance,
): Promise<RunningInstance> {
  let unreachable: true | undefined;
  const run = await engines.inspect(node, container).catch((error: unknown) => {
    // The login of the node was not found out: that says nothing of the node.
    if (isRecordAway(error)) throw error;
    unreachable = true;
    return undefined;
  });
  const { ip, port, url, startedAt } = report;
  const address = { node, ip, port, url, container, startedAt };
  return { name, node, container, release, address, alive: run?.running === true, unreachable };
}
