// doorman conversation find | status | end | unlock | resend, and who gives such orders
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { loadConfig, readSetting } from '../config';
import type { UpdateName } from '../../workflows/contract';
import { print, refuse } from './output';

/** What an order to a conversation may be signed with. */
const loginName = /^[\w.@-]{1,64}$/;

/** The operator's login name, for the audit. Throws a sentence when there is none. */
export function operator(): string {
  const name = readSetting('DOORMAN_OPERATOR') ?? systemUser();
  if (name !== undefined && loginName.test(name)) return name;
  throw new Error('Who are you? Set DOORMAN_OPERATOR to your login name: letters, digits, and . _ @ -');
}

function systemUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined; // a container's user need not have a name
  }
}

export function operatorCommands(program: Command): void {
  const conversation = program.command('conversation').description('one sender\'s conversation');
  conversation.command('find').argument('<address>', 'whatsapp:+… or a number')
    .description('the sender id and workflow id of an address')
    .action(async (address: string, _options, command: Command) => {
      const { wireOperator } = await import('./operatorWiring.js');
      const wired = wireOperator(loadConfig());
      const senderId = await wired.findSender(address).finally(wired.close);
      if (senderId === undefined) return notFound(command, 'Nobody wrote from this address.');
      print(command, { senderId, workflowId: `wa-${senderId}` }, [`sender ${senderId}`, `workflow wa-${senderId}`]);
    });
  conversation.command('status').argument('<senderId>')
    .description('stage, outcome and deadline, nothing of the person')
    .action(async (senderId: string, _options, command: Command) => {
      const { wireOperator } = await import('./operatorWiring.js');
      const wired = wireOperator(loadConfig());
      const status = await wired.conversations.status(senderId).finally(wired.close);
      if (status === undefined) return notFound(command, 'This sender has no conversation.');
      print(command, status, Object.entries(status).map(([name, value]) => `${name}: ${String(value)}`));
    });
  conversation.command('end').argument('<senderId>').description('ends the session of this sender, at once')
    .action(async (senderId: string, _options, command: Command) => {
      const { wireOperator } = await import('./operatorWiring.js');
      const wired = wireOperator(loadConfig());
      // The database first: it is what lets in, and it answers while the conversation is busy or Temporal is down.
      const ended = await wired.endSession(senderId, operator());
      const told = await wired.conversations.order(senderId, 'endSession', operator())
        .catch(() => undefined).finally(wired.close);
      if (ended === 0) return notFound(command, 'This sender has no open session.');
      const late = told?.outcome === 'done' ? [] : ['Its conversation was not told yet and will find out by itself.'];
      print(command, { ended }, ['The session is over: nothing is relayed any more.', ...late]);
    });
  conversation.command('unlock').argument('<senderId>')
    .description('lifts the lock of this sender and forgives what it spent today')
    .action(async (senderId: string, _options, command: Command) => {
      const { wireOperator } = await import('./operatorWiring.js');
      const wired = wireOperator(loadConfig());
      // The database first: a lock outlives its conversation there.
      const unlocked = await wired.unlock(senderId, operator());
      const told = await wired.conversations.order(senderId, 'unlock', operator())
        .catch(() => undefined).finally(wired.close);
      if (!unlocked && told?.outcome !== 'done') return notFound(command, 'This sender is not locked.');
      const late = told === undefined ? ['Its conversation could not be told: give the order again.'] : [];
      print(command, { outcome: 'done', told: told?.outcome === 'done' }, ['The lock is lifted.', ...late]);
    });
  addOrder(conversation, 'resend', 'resendCode', 'sends the waiting code again, within its gaps and limits');
}

function addOrder(parent: Command, name: string, order: UpdateName, about: string): void {
  parent.command(name).argument('<senderId>').description(about)
    .action(async (senderId: string, _options, command: Command) => {
      const { wireOperator } = await import('./operatorWiring.js');
      const wired = wireOperator(loadConfig());
      const outcome = await wired.conversations.order(senderId, order, operator()).finally(wired.close);
      if (outcome.outcome === 'none') return notFound(command, 'This sender has no open conversation.');
      if (outcome.outcome === 'refused') refuse();
      print(command, outcome, [outcome.outcome === 'done' ? outcome.result : `refused: ${outcome.why}`]);
    });
}

export function notFound(command: Command, sentence: string): void {
  print(command, { outcome: 'none' }, [sentence]);
  refuse();
}
