import { join, resolve } from 'node:path';
import { BASE_IMAGES } from './base-images.js';

/** What an engine is started with, on the machine that it is to run on. */
export interface EnginePlace {
  /** Of the machine; also its control group. */
  readonly name: string;
  /** For the engine's socket, its log and its data; the same path inside and outside of the machine. */
  readonly folder: string;
  /** Where this process calls the engine. */
  readonly socketPath: string;
  /** Its bridge, with the length of the prefix. */
  readonly containerAddress: string;
  /** host:port */
  readonly registry: string;
  /** PEM file of the registry's authority; none where it is empty. */
  readonly registryCa: string;
}

/** What a machine runs as its engine. */
export interface EngineProgram {
  /** Program and arguments. The first process of the machine becomes it. */
  command(place: EnginePlace): readonly string[];
  /** There is none on the machine yet: that one is ready when its sshd answers. */
  readonly isAbsent?: true;
  /** The machine's own root file system; it shares that of this machine when left out. */
  readonly root?: MachineRoot;
  /** Where its users find it; /var/run/docker.sock when left out. */
  readonly usersSocket?: string;
  /** Who logs in; root when left out. */
  readonly sshUser?: string;
}

export interface MachineRoot {
  /** Nothing is written to it. */
  readonly path: string;
  /** A folder of programs that it sees at the same path. */
  readonly programs?: string;
}

/** The socket where users look for an engine; below the host's own /run. */
const USUAL_SOCKET = '/run/docker.sock';

/** Of an engine with a root file system of its own. It goes at the end: which engine comes next is not known. */
export const dataOf = (folder: string): string => join(folder, 'engine');

/** Docker's engine of this machine. */
export const dockerHere: EngineProgram = {
  command: ({ name, folder, socketPath, containerAddress }) => [
    ...['/usr/sbin/dockerd', '--data-root', join(folder, 'docker'), '--exec-root', '/run/docker'],
    ...['--pidfile', '/run/docker.pid', '--bip', containerAddress],
    ...['--cgroup-parent', `/${name}`, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...['-H', `unix://${USUAL_SOCKET}`, '-H', `unix://${socketPath}`],
  ],
};

/** A process of this project: its containers' ports are the host's as an engine's are. */
export function simulatedEngine(host: string): EngineProgram {
  return {
    command: ({ socketPath, registryCa }) => [
      ...[process.execPath, resolve('dist', 'test', 'simulator', 'main.js'), '--name', host],
      ...['--socket', USUAL_SOCKET, '--socket', socketPath],
      ...Object.values(BASE_IMAGES).flatMap((image) => ['--image', image]),
      ...(registryCa === '' ? [] : ['--registry-ca', registryCa]),
    ],
  };
}
