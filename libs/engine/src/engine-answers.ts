import type { ContainerInfo, ContainerInspectInfo, ImageInfo } from 'dockerode';

export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
  /** Its first process, as its machine numbers processes; 0 while it has none. */
  readonly pid: number;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly status: string;
  /** Of the last run; undefined while it never ended. */
  readonly exitCode: number | undefined;
  readonly restartCount: number;
  /** One of its processes was killed for want of memory, in this run or, as far as is remembered, an earlier one. */
  readonly outOfMemory: boolean;
  readonly health: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly startedAt: string;
}

export interface ListedContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** Of its image, also where it was named otherwise since. */
  readonly imageId: string;
  readonly state: string;
  /** Within the last minute, or it is about to be started again. */
  readonly hasJustStarted: boolean;
  /** Milliseconds since 1970, by the engine's clock; whole seconds. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ListedImage {
  readonly id: string;
  readonly tags: readonly string[];
  /** `host/repository@sha256:...`: where it was pulled from or pushed to. */
  readonly digests: readonly string[];
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** With the layers that it shares with others. */
  readonly sizeBytes: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Such as `Up 3 seconds (healthy)`; from a minute on it is `Up About a minute`. */
const JUST_STARTED = /^(?:Restarting\b|Up (?:Less than a second|\d+ seconds?)\b)/;

export function listedContainer(found: ContainerInfo): ListedContainer {
  return {
    id: found.Id,
    name: (found.Names[0] ?? '').replace(/^\//, ''),
    image: found.Image,
    imageId: found.ImageID,
    state: found.State,
    hasJustStarted: JUST_STARTED.test(found.Status),
    createdAt: found.Created * 1_000,
    labels: found.Labels,
  };
}

/** How older engines name what has no name. */
const NO_NAME = '<none>:<none>';
const NO_DIGEST = '<none>@<none>';

export function listedImage(found: ImageInfo): ListedImage {
  return {
    id: found.Id,
    // The image store of containerd names what was pulled by digest here as well.
    tags: (found.RepoTags ?? []).filter((tag) => tag !== NO_NAME && !tag.includes('@')),
    digests: ((found.RepoDigests ?? []) as string[]).filter((digest) => digest !== NO_DIGEST),
    createdAt: found.Created * 1_000,
    sizeBytes: found.Size,
    labels: found.Labels ?? {},
  };
}

export function stateOf(found: ContainerInspectInfo, wasOutOfMemory: boolean): ContainerState {
  const { State: state } = found;
  const ended = !state.FinishedAt.startsWith('0001');
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ''),
    image: found.Config.Image,
    running: state.Running && !state.Restarting,
    // An engine may leave it out.
    pid: (state.Pid as number | undefined) ?? 0,
    status: state.Status,
    exitCode: (state.Running && !state.Restarting) || !ended ? undefined : state.ExitCode,
    restartCount: found.RestartCount,
    outOfMemory: state.OOMKilled || wasOutOfMemory,
    health: state.Health?.Status,
    labels: found.Config.Labels,
    createdAt: found.Created,
    startedAt: state.StartedAt,
  };
}
