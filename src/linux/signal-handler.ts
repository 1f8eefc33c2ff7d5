// The one piece of machine code that runs in this process and not in a launch image: a signal handler.
//
// Engines run JavaScript only between two turns of their event loop, name no signal above 31, and Bun keeps some for
// itself; a function of ours cannot be a handler, because a handler may interrupt the engine anywhere. So the handler is
// these few instructions, which touch nothing but a pipe:
//
//     void handler(int signal, siginfo_t *info, void *context) {
//       if (info->si_code == SI_TKILL && before[signal]) return before[signal](signal, info, context);
//       char byte = signal;
//       write(fd, &byte, 1);                    // as a system call, which leaves errno alone
//     }
//
// SI_TKILL is what a thread of this very process has raised: Bun's garbage collector stops threads by SIGPWR, and abort(3)
// raises SIGABRT, of which an engine writes a report. Those stay the engine's.

import { OrlopError } from '../error.ts';
import { close, sealedMemfd } from './file.ts';
import { declare, invoke } from './libc.ts';

const mmap_ = declare<
  (address: null, length: number, protection: number, flags: number, fd: number, offset: number) => number
>('int64_t mmap(void *, size_t, int, int, int, int64_t)');

/** The address of a handler that writes to `fd`; `before` are the addresses of other handlers, by number of signal. */
export function mapHandler(fd: number, before: ReadonlyMap<number, bigint>): bigint {
  const PROT_READ_EXEC = 0x1 | 0x4; // <bits/mman-linux.h>
  const MAP_PRIVATE = 0x2;
  const code = handlerCode(fd, before);
  const memfd = sealedMemfd('orlop-signals', code);
  try {
    const shown = [null, code.length, { text: 'PROT_READ|PROT_EXEC' }, { text: 'MAP_PRIVATE' }, memfd, 0];
    const map = (): number => mmap_(null, code.length, PROT_READ_EXEC, MAP_PRIVATE, memfd, 0);
    return BigInt(invoke('mmap', shown, map, 'a security policy may forbid to execute memory'));
  } finally {
    close(memfd);
  }
}

const TABLE = 64;
const SIGNAL_COUNT = 65;

/** The code, and behind it the table of 8 bytes each. */
function handlerCode(fd: number, before: ReadonlyMap<number, bigint>): Buffer {
  if (process.arch !== 'x64') {
    throw new OrlopError('linux/sigaction', `no signal handler for ${process.arch}`, { hint: 'x64 is supported' });
  }
  const code = Buffer.alloc(TABLE + 8 * SIGNAL_COUNT);
  code.set([
    ...[0x83, 0x7e, 0x08, 0xfa], //  0  cmp dword [rsi+8], SI_TKILL   <bits/siginfo-consts.h>: -6
    ...[0x75, 0x12], //               4  jne 24
    ...[0x48, 0x8d, 0x05, TABLE - 13, 0, 0, 0], //  6  lea rax, [rip+table]
    ...[0x48, 0x8b, 0x04, 0xf8], // 13  mov rax, [rax+rdi*8]
    ...[0x48, 0x85, 0xc0], //       17  test rax, rax
    ...[0x74, 0x02], //             20  jz 24
    ...[0xff, 0xe0], //             22  jmp rax
    0x57, //                        24  push rdi
    ...[0xb8, 1, 0, 0, 0], //       25  mov eax, SYS_write
    ...[0xbf, 0, 0, 0, 0], //       30  mov edi, fd
    ...[0x48, 0x89, 0xe6], //       35  mov rsi, rsp
    ...[0x89, 0xc2], //             38  mov edx, eax: one byte
    ...[0x0f, 0x05], //             40  syscall
    0x5f, //                        42  pop rdi
    0xc3, //                        43  ret
  ]);
  code.writeInt32LE(fd, 31);
  for (const [signal, address] of before) code.writeBigUInt64LE(address, TABLE + 8 * signal);
  return code;
}
