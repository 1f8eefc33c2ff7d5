import { Call } from './calls';
import { AF_NETLINK, NETLINK_ROUTE, SOCK_RAW_CLOEXEC } from './constants';
import { Context, RecordKind } from './context';
import { rightsMessage } from './rights';

/**
 * man 7 rtnetlink: the host does all of it, for addresses are to be read first. In the container's namespace it needs a
 * socket that was made there, and this is it. Once for all devices.
 */
export function lowerNetDevice(context: Context): void {
  if (context.hasSentNetwork) return;
  context.hasSentNetwork = true;
  const program = context.program;
  const message = rightsMessage(context, RecordKind.NETWORK, 0, 'network');
  program
    .call(
      Call.SOCKET,
      program.named(AF_NETLINK, 'AF_NETLINK'),
      program.named(SOCK_RAW_CLOEXEC, 'SOCK_RAW|SOCK_CLOEXEC'),
      program.named(NETLINK_ROUTE, 'NETLINK_ROUTE'),
    )
    .into(message.fd);
  message.send(context);
  context.readAnswer();
}
