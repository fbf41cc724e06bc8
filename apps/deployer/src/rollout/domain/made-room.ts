import type { MakesRoomFor } from '../../task/domain/task.events.js';

/** `shop/web with priority 50`. Pure. */
export const nameOf = ({ appId, service, priority }: MakesRoomFor): string =>
  `${appId}/${service} with priority ${priority}`;

/** `shop-web-1 is to make room for shop/web with priority 50.` It may stay after all, as the plan decides. Pure. */
export const isToMakeRoom = (instance: string, preemptor: MakesRoomFor): string =>
  `${instance} is to make room for ${nameOf(preemptor)}.`;

/** `shop-web-1 made room for shop/web with priority 50.` Pure. */
export const madeRoom = (instance: string, preemptor: MakesRoomFor): string =>
  `${instance} made room for ${nameOf(preemptor)}.`;
