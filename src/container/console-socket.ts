import { OrlopError } from '../error.ts';
import { close } from '../linux/file.ts';
import { connect, send } from '../linux/socket.ts';

/** runc's --console-socket: one message with the master of the terminal, and its name as text. */
export function sendMaster(path: string, master: number): void {
  try {
    sendTo('--console-socket', path, '/dev/ptmx', master);
  } finally {
    close(master);
  }
}

/** runc's --pidfd-socket: one message with a pidfd of the process. */
export function sendPidfd(path: string, pidfd: number): void {
  sendTo('--pidfd-socket', path, 'pidfd', pidfd);
}

function sendTo(option: string, path: string, text: string, fd: number): void {
  try {
    const socket = connect(path);
    try {
      send(socket, text, fd);
    } finally {
      close(socket);
    }
  } catch (error) {
    if (!(error instanceof OrlopError)) throw error;
    throw new OrlopError(error.code, `${option}: ${error.message}`, {
      hint: 'a program has to listen there, on a stream socket, before orlop is started',
    });
  }
}
