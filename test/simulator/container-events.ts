import type { ServerResponse } from 'node:http';

export interface ContainerEvent {
  readonly action: 'start' | 'die' | 'destroy';
  readonly id: string;
  /** Of an end. */
  readonly exitCode?: number;
}

/** As many as the engine remembers. */
const REMEMBERED = 256;

/** How the containers of one engine began, ended and went, and whoever is told of it. */
export class ContainerEvents {
  private readonly remembered: ContainerEvent[] = [];
  private readonly followers = new Set<(event: ContainerEvent) => void>();

  emit(event: ContainerEvent): void {
    this.remembered.push(event);
    if (this.remembered.length > REMEMBERED) this.remembered.shift();
    for (const follower of this.followers) follower(event);
  }

  /** Answers with what is remembered of these actions, then with what is to come, until the caller leaves. */
  follow(response: ServerResponse, actions: ReadonlySet<string>): void {
    const tell = (event: ContainerEvent): void => {
      if (actions.has(event.action)) response.write(line(event));
    };
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    this.remembered.forEach(tell);
    this.followers.add(tell);
    response.once('close', () => this.followers.delete(tell));
  }
}

function line({ action, id, exitCode }: ContainerEvent): string {
  const Attributes = exitCode === undefined ? {} : { exitCode: String(exitCode) };
  return `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: id, Attributes } })}\n`;
}
