import type { EventEmitter } from 'node:events';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Role } from '#libs/contracts';
import { principalOf, TOKENS, type Tokens } from './access.js';
import { ApiError } from './api-error.js';
import { AUDIT, type Audit, auditEntry, type AuditedCall } from './audit.js';
import type { Principal } from './principal.js';

const ROLE = Symbol('role');

/** The role that a controller or one of its routes needs; without it a route needs admin. */
export const NeedsRole = (role: Role): MethodDecorator & ClassDecorator => SetMetadata(ROLE, role);

/** As fastify has it. */
interface CalledRequest {
  readonly method: string;
  readonly headers: { readonly authorization?: string };
  readonly routeOptions: { readonly url?: string };
  /** Set by the guard. */
  principal?: Principal;
}
interface CalledReply {
  readonly raw: EventEmitter & AuditedCall['answer'];
}

const READS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * `Authorization: Bearer <token>`, and with it the call's principal: TOKEN_MISSING and TOKEN_UNKNOWN are 401,
 * ROLE_MISSING is 403. Calls that change something go to the audit log, refused ones too.
 */
@Injectable()
export class TokenGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(
    @Inject(TOKENS) private readonly tokens: Tokens,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<CalledRequest>();
    if (!READS.includes(request.method)) this.auditAtEnd(request, http.getResponse<CalledReply>());
    const needed = this.reflector.getAllAndOverride<Role | undefined>(ROLE, [
      context.getHandler(),
      context.getClass(),
    ]);
    request.principal = knownPrincipal(request.headers, this.tokens);
    needRole(request.principal, needed);
    return true;
  }

  private auditAtEnd(request: CalledRequest, { raw }: CalledReply): void {
    raw.once('close', () => {
      const { method, principal, routeOptions } = request;
      this.audit(auditEntry({ method, route: routeOptions.url ?? '', principal, answer: raw }));
    });
  }
}

function knownPrincipal({ authorization }: CalledRequest['headers'], tokens: Tokens): Principal {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw refused(401, 'TOKEN_MISSING', 'The call has no bearer token.');
  const principal = principalOf(token, tokens);
  if (principal === undefined) throw refused(401, 'TOKEN_UNKNOWN', 'The bearer token is not known.');
  return principal;
}

function needRole({ role }: Principal, needed: Role | undefined): void {
  if (role !== 'admin' && needed !== 'read') throw refused(403, 'ROLE_MISSING', 'The token may read only.');
}

/** The caller of what no controller serves. Throws as the guard does. */
export function allowed(headers: CalledRequest['headers'], tokens: Tokens, needed: Role): Principal {
  const principal = knownPrincipal(headers, tokens);
  needRole(principal, needed);
  return principal;
}

/** The principal of the call, for a controller. */
export const Caller = createParamDecorator((_, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<CalledRequest>();
  if (principal === undefined) throw new Error('a route asks for its caller and has no guard');
  return principal;
});

function refused(status: number, code: string, message: string): ApiError {
  const hint = 'Send Authorization: Bearer <SLIPWAY_API_TOKEN>; SLIPWAY_READ_TOKEN is enough for reading.';
  return new ApiError({ status, code, message, hint });
}
