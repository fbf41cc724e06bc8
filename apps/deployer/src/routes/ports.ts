import type { Placed } from '#libs/http';
import type { ServiceRoute, ServiceRoutes as ShownRoutes } from '#libs/contracts';
import type { OfService } from './domain/route-conflicts.js';
import type { Declared, ReachedBy } from './domain/service-routes.js';

/** Who changes routes. */
export interface Author {
  readonly principal: string;
  /** False for a name that was only claimed. */
  readonly verified: boolean;
}

export interface DeclaredBy extends OfService, Author {
  /** Of the request. */
  readonly token: string;
  /** Nothing is changed: only whether it could be. */
  readonly isDry: boolean;
}

/** The routes of a service, as its tasks begin them. */
export interface RouteClaims {
  /**
   * From now on the routes that it declares are its own, beside those from before. Gives what counts once the deployment
   * has succeeded. Throws StepError ROUTE_TAKEN or ROUTE_HEADERS. Idempotent by token.
   */
  claim(of: DeclaredBy, declares: Declared): Promise<ReachedBy>;
}

export interface RouteFilter {
  readonly appId?: string;
  readonly service?: string;
}

/** Throws where what was there is not what the caller saw. */
export type Unless = (shown: ShownRoutes) => void;

/** Routes as people read and set them. */
export interface RouteRecord {
  /** By application and service: at most so many that stand after the place. */
  list(filter: RouteFilter, most: number, after?: readonly string[]): Promise<readonly Placed<ShownRoutes>[]>;
  /** Undefined where there is no such service. */
  of(service: OfService): Promise<ShownRoutes | undefined>;
  /** Throws ApiError SERVICE_UNKNOWN, ROUTE_TAKEN, ROUTE_HEADERS, and what `unless` throws. */
  set(service: OfService, routes: readonly ServiceRoute[], by: Author, unless: Unless): Promise<ShownRoutes>;
  takeBack(service: OfService, by: Author, unless: Unless): Promise<ShownRoutes>;
}

/** Injection token of what the controller asks for. */
export const ROUTE_RECORD = Symbol('RouteRecord');
