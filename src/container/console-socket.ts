import { close } from '../linux/file.ts';
import { connect, send } from '../linux/socket.ts';

/** runc's --console-socket: one message with the master of the terminal, and its name as text. */
export function sendMaster(path: string, master: number): void {
  try {
    const socket = connect(path);
    try {
      send(socket, '/dev/ptmx', master);
    } finally {
      close(socket);
    }
  } finally {
    close(master);
  }
}

/** runc's --pidfd-socket: one message with a pidfd of the process. */
export function sendPidfd(path: string, pidfd: number): void {
  const socket = connect(path);
  try {
    send(socket, 'pidfd', pidfd);
  } finally {
    close(socket);
  }
}
