import { createHash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Secret } from '#libs/config';
import { ApiError } from './api-error.js';

/** admin may do all that read may. */
export type Role = 'read' | 'admin';

const ROLE = Symbol('role');

/** The role that a controller or one of its routes needs; without it a route needs admin. */
export const NeedsRole = (role: Role): MethodDecorator & ClassDecorator => SetMetadata(ROLE, role);

export interface Tokens {
  readonly admin: Secret;
  readonly read?: Secret;
}

/** Injection token of the guard's Tokens. */
export const TOKENS = Symbol('Tokens');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** In a time that does not tell how much of it is right. */
const same = (given: string, expected: Secret | undefined): boolean =>
  expected !== undefined && timingSafeEqual(digest(given), digest(expected.reveal()));

/** `Authorization: Bearer <token>`: TOKEN_MISSING and TOKEN_UNKNOWN are 401, ROLE_MISSING is 403. */
@Injectable()
export class TokenGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(@Inject(TOKENS) private readonly tokens: Tokens) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { authorization?: string } }>();
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw refused(401, 'TOKEN_MISSING', 'The call has no bearer token.');
    if (same(token, this.tokens.admin)) return true;
    if (!same(token, this.tokens.read)) throw refused(401, 'TOKEN_UNKNOWN', 'The bearer token is not known.');
    const needed = this.reflector.getAllAndOverride<Role | undefined>(ROLE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed !== 'read') throw refused(403, 'ROLE_MISSING', 'The token may read only.');
    return true;
  }
}

function refused(status: number, code: string, message: string): ApiError {
  const hint = 'Send Authorization: Bearer <SLIPWAY_API_TOKEN>; SLIPWAY_READ_TOKEN is enough for reading.';
  return new ApiError({ status, code, message, hint });
}
