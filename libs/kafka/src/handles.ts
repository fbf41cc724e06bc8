import {
  applyDecorators,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  UseFilters,
} from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { MessageData, MessageDefinition } from '#libs/contracts';
import { KeepErrorFilter } from './keep-error.filter.js';
import type { MessageContext } from './message-context.js';

/** A class whose methods handle messages, each by `@Handles`. Their errors reach the strategy as they were thrown. */
export const Consumer = (): ClassDecorator => applyDecorators(Controller(), UseFilters(KeepErrorFilter));

const Sender = createParamDecorator(
  (_, context: ExecutionContext): unknown => context.switchToRpc().getContext<MessageContext>().principal,
);

const HandlingTransaction = createParamDecorator(
  (_, context: ExecutionContext): unknown => context.switchToRpc().getContext<MessageContext>().tx,
);

type Handler<D extends MessageDefinition, Tx> = (
  data: MessageData<D>,
  tx: Tx,
  principal?: string,
) => Promise<void>;
type HandlesDecorator<D extends MessageDefinition, Tx> = <M extends Handler<D, Tx>>(
  target: object,
  name: string,
  descriptor: TypedPropertyDescriptor<M>,
) => void;

/**
 * Makes `@Handles(<message>)` for the transactions of an inbox, which this lib does not know. The method gets the
 * message's data, the transaction that records it as handled, and who proves to have sent it. A method that takes
 * anything else does not compile.
 */
export const handlesWithin =
  <Tx>() =>
  <const D extends MessageDefinition>(definition: D): HandlesDecorator<D, Tx> =>
  (target, name, descriptor) => {
    Payload()(target, name, 0);
    HandlingTransaction()(target, name, 1);
    Sender()(target, name, 2);
    EventPattern<string>(definition.type)(target, name, descriptor);
  };
