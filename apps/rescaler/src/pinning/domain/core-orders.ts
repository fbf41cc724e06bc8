/** Of each socket its physical cores, of each core its hardware threads, as /sys numbers them. */
export type Topology = readonly {
  readonly socket: number;
  readonly cores: readonly { readonly core: number; readonly threads: readonly number[] }[];
}[];

/**
 * In what order hardware threads are given away; P is a first thread of a physical core, L a later one. `Group` fills a
 * socket before the next one (`Group_PP_LL`: all first threads before), `Spread` takes sockets in turn, the last one first.
 * Names and orders are those of ServerlessContainers.
 */
export const CORE_ORDERS = ['Group_P&L', 'Group_1P_2L', 'Group_PP_LL', 'Spread_P&L', 'Spread_PP_LL'] as const;
export type CoreOrder = (typeof CORE_ORDERS)[number];

/** The order that ServerlessContainers starts with. */
export const DEFAULT_CORE_ORDER: CoreOrder = 'Group_PP_LL';

/** All threads of a machine, each once. Cores are taken by their place in the socket: ids need not repeat per socket. */
export function coreOrder(order: CoreOrder, topology: Topology): readonly number[] {
  const sockets = [...topology]
    .sort((a, b) => a.socket - b.socket)
    .map(({ cores }) =>
      [...cores].sort((a, b) => a.core - b.core).map(({ threads }) => [...threads].sort((a, b) => a - b)),
    );
  return [...new Set(ordered(order, sockets))];
}

type Cores = readonly (readonly number[])[];

function ordered(order: CoreOrder, sockets: readonly Cores[]): readonly number[] {
  switch (order) {
    case 'Group_P&L':
      return sockets.flat(2);
    case 'Group_1P_2L':
      return sockets.flatMap(byThread);
    case 'Group_PP_LL':
      return byThread(sockets.flat());
    case 'Spread_P&L':
      return alternating(sockets).flat();
    case 'Spread_PP_LL':
      return byThread(alternating(sockets));
  }
}

/** The first thread of each core, then the second of each, and so on. */
function byThread(cores: Cores): readonly number[] {
  const most = Math.max(0, ...cores.map((threads) => threads.length));
  return Array.from({ length: most }, (_, place) => cores.flatMap((threads) => threads[place] ?? [])).flat();
}

/** The first core of each socket, then the second of each: the last socket comes first. */
function alternating(sockets: readonly Cores[]): Cores {
  const most = Math.max(0, ...sockets.map((cores) => cores.length));
  const backwards = [...sockets].reverse();
  return Array.from({ length: most }, (_, place) =>
    backwards.flatMap((cores) => {
      const core = cores[place];
      return core === undefined ? [] : [core];
    }),
  ).flat();
}

/** For a machine of which only the number of threads is known: one socket, and a core for each. */
export const flatTopology = (threads: readonly number[]): Topology => [
  { socket: 0, cores: threads.map((thread) => ({ core: thread, threads: [thread] })) },
];
