/** `late`: no answer within the time. `garbled`: an answer that is not whole. `closed`: there is no channel any more. */
export type NodeChannelProblem = 'late' | 'garbled' | 'closed';

export class NodeChannelError extends Error {
  constructor(
    readonly reason: NodeChannelProblem,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'NodeChannelError';
  }
}
