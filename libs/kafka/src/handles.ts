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

const HandlingTransaction = createParamDecorator(
  (_, context: ExecutionContext): unknown => context.switchToRpc().getContext<MessageContext>().tx,
);

/** The transaction is of the inbox, which this lib does not know. */
type Handler<D extends MessageDefinition> = (data: MessageData<D>, tx: never) => Promise<void>;

/**
 * Handles a message of the contracts. The method gets its data, and the transaction that records it as handled; a method
 * that takes anything else does not compile.
 */
export function Handles<const D extends MessageDefinition>(
  definition: D,
): <M extends Handler<D>>(target: object, name: string, descriptor: TypedPropertyDescriptor<M>) => void {
  return (target, name, descriptor) => {
    Payload()(target, name, 0);
    HandlingTransaction()(target, name, 1);
    EventPattern<string>(definition.type)(target, name, descriptor);
  };
}
